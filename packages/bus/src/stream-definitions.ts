// What each stream must look like. Pure data: nothing is created here.
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";

export const streamNames = {
  ledger: "LEDGER",
  tasks: "TASKS",
  results: "RESULTS",
  scores: "SCORES",
  dead: "DEAD",
  events: "EVENTS",
  advisories: "ADVISORIES",
} as const;

export type StreamName = (typeof streamNames)[keyof typeof streamNames];

/** Name of the key-value bucket with leader, checkpoint pointer and weights head. */
export const CONTROL_BUCKET = "control";

export type StreamLimits = {
  /** Copies of each message; 3 on a cluster, 1 on one machine. */
  readonly replicas?: number;
  /** Byte quota of RESULTS and SCORES each; a full stream refuses, it never drops. No quota unless told. */
  readonly resultsQuotaBytes?: number;
  /** Events are the only thing that is thrown away by size; 256 MiB unless told. */
  readonly eventsQuotaBytes?: number;
};

const MAX_DELIVERIES_ADVISORY = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>";
const DAY_NANOS = 24 * 3600 * 1e9;

export type StreamDefinition = Partial<StreamConfig> & {
  readonly name: StreamName;
  readonly subjects: string[];
  readonly retention: StreamConfig["retention"];
};

/** The definitions of all streams under the given limits. */
export function streamDefinitions(limits: StreamLimits): readonly StreamDefinition[] {
  const kept = {
    storage: StorageType.File,
    num_replicas: limits.replicas ?? 1,
    allow_direct: true,
  };
  // One message a subject, for ever: the stream itself is the table of what exists, so a second publish must fail
  // even if its sender forgot the expectation.
  const oneEach = {
    ...kept,
    retention: RetentionPolicy.Limits,
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
  };
  return [
    { ...oneEach, name: streamNames.ledger, subjects: ["ledger.>"], deny_delete: true },
    { ...oneEach, name: streamNames.tasks, subjects: ["task.>"], retention: RetentionPolicy.Workqueue },
    {
      ...oneEach,
      name: streamNames.results,
      subjects: ["traj.>"],
      max_bytes: limits.resultsQuotaBytes ?? -1,
    },
    {
      ...oneEach,
      name: streamNames.scores,
      subjects: ["score.>"],
      max_bytes: limits.resultsQuotaBytes ?? -1,
    },
    { ...oneEach, name: streamNames.dead, subjects: ["dead.>"] },
    {
      ...kept,
      name: streamNames.events,
      subjects: ["event.>"],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_bytes: limits.eventsQuotaBytes ?? 256 * 1024 * 1024,
      max_age: 30 * DAY_NANOS,
    },
    {
      ...kept,
      name: streamNames.advisories,
      subjects: [MAX_DELIVERIES_ADVISORY],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_msgs: 100_000,
      max_age: 7 * DAY_NANOS,
    },
  ];
}
