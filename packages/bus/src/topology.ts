// Makes sure that streams, the consumers of a run and the control bucket exist. Running it twice changes nothing; a stream of
// the same name that would break a guarantee is refused by name, never altered.

import { checkName, subjects } from "@easel/protocol";
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type StreamConfig,
} from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { isStoreFull, orStoreFull } from "./store-full.js";
import {
  CONTROL_BUCKET,
  type StreamDefinition,
  type StreamLimits,
  streamDefinitions,
  streamNames,
} from "./stream-definitions.js";

export type TopologyOptions = StreamLimits & {
  readonly run: string;
  /** Names of the rewards that get a consumer of the run's trajectories. */
  readonly rewards: readonly string[];
  /** Silence after which a task or trajectory is handed to another worker; 30 s unless told. */
  readonly ackWaitMs?: number;
  /** Deliveries after which a message is dead; 5 unless told. */
  readonly maxDeliveries?: number;
  /** Most unfinished messages of one consumer over all workers; 512 unless told. */
  readonly maxInFlight?: number;
};

/** Name of the one consumer that all rollout workers of a run share. */
export function rolloutConsumer(run: string): string {
  return `rollout-${checkName("run", run)}`;
}

/** Name of the consumer that all workers of one reward share. */
export function rewardConsumer(run: string, reward: string): string {
  return `reward-${checkName("run", run)}-${checkName("reward", reward)}`;
}

const RESERVATIONS_MS = 1_000;
const SERVER_SAYS = { consumerNotFound: 10014, streamNotFound: 10059 } as const;

/**
 * Creates what is missing.
 * @throws BusError `EASEL_BUS_STREAM_INCOMPATIBLE` naming the stream and the settings that differ, `EASEL_BUS_STORE_FULL`.
 */
export async function ensureTopology(bus: Bus, options: TopologyOptions): Promise<void> {
  try {
    await ensureAll(bus, options);
  } catch (error) {
    throw orStoreFull(error);
  }
}

async function ensureAll(bus: Bus, options: TopologyOptions): Promise<void> {
  for (const definition of streamDefinitions(options)) await ensureStream(bus, definition);
  const ackWaitMs = options.ackWaitMs ?? 30_000;
  const shared: Partial<ConsumerConfig> = {
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ackWaitMs * 1e6,
    max_deliver: options.maxDeliveries ?? 5,
    max_ack_pending: options.maxInFlight ?? 512,
  };
  await ensureConsumer(bus, streamNames.tasks, rolloutConsumer(options.run), {
    ...shared,
    filter_subject: subjects.rolloutTasks(options.run),
  });
  for (const reward of options.rewards) {
    await ensureConsumer(bus, streamNames.results, rewardConsumer(options.run, reward), {
      ...shared,
      filter_subject: subjects.trajectories(options.run),
    });
  }
  await new Kvm(bus.js).create(CONTROL_BUCKET, { history: 8, replicas: options.replicas ?? 1 });
}

async function ensureStream(bus: Bus, definition: StreamDefinition): Promise<void> {
  let existing: StreamConfig;
  try {
    existing = await foundOrMade(bus, definition);
  } catch (error) {
    if (!isStoreFull(error)) throw error;
    // Processes that start together each reserve room for the same stream; all but one of these reservations are given back.
    await bus.clock.sleep(RESERVATIONS_MS);
    existing = await foundOrMade(bus, definition);
  }
  const differences = incompatibilities(definition, existing);
  if (differences.length > 0) {
    throw new BusError(
      "EASEL_BUS_STREAM_INCOMPATIBLE",
      `The stream ${definition.name} exists with other settings: ${differences.join("; ")}. Use another account or domain for Easel, or remove that stream after saving what is in it.`,
    );
  }
}

async function foundOrMade(bus: Bus, definition: StreamDefinition): Promise<StreamConfig> {
  try {
    return (await bus.jsm.streams.info(definition.name)).config;
  } catch (error) {
    if (!isServerError(error, SERVER_SAYS.streamNotFound)) throw error;
    return (await bus.jsm.streams.add(definition)).config;
  }
}

/** Settings on which a guarantee rests. Quotas, replicas and ages may differ: an operator may set them. */
const binding = [
  "retention",
  "storage",
  "max_msgs_per_subject",
  "discard",
  "discard_new_per_subject",
] as const;

/** In words, what of an existing stream breaks a guarantee; empty when nothing does. */
export function incompatibilities(wanted: StreamDefinition, existing: StreamConfig): string[] {
  const found: string[] = [];
  for (const setting of binding) {
    const want = wanted[setting];
    if (want !== undefined && existing[setting] !== want) {
      found.push(`${setting} is ${String(existing[setting])}, must be ${String(want)}`);
    }
  }
  const [want, have] = [wanted.subjects.join(" "), (existing.subjects ?? []).join(" ")];
  if (want !== have) found.push(`subjects are ${have}, must be ${want}`);
  if (existing.mirror !== undefined || (existing.sources ?? []).length > 0)
    found.push("it is a mirror or has sources");
  return found;
}

async function ensureConsumer(
  bus: Bus,
  stream: string,
  name: string,
  config: Partial<ConsumerConfig>,
): Promise<void> {
  try {
    await bus.jsm.consumers.info(stream, name);
    const { ack_policy: _ack, deliver_policy: _deliver, ...changeable } = config;
    await bus.jsm.consumers.update(stream, name, changeable);
  } catch (error) {
    if (!isServerError(error, SERVER_SAYS.consumerNotFound)) throw error;
    await bus.jsm.consumers.add(stream, { ...config, durable_name: name });
  }
}

/** True for the server's refusal with this error code. */
export function isServerError(error: unknown, code: number): error is JetStreamApiError {
  return error instanceof JetStreamApiError && error.code === code;
}
