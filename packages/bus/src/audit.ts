// Gathers what the streams hold and derives the conservation law from it. It trusts nobody's counters.
import { parseResultSubject, subjects } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { type Conservation, deriveConservation, type Evidence } from "./conservation.js";
import { readDeadLetters } from "./dead-letters.js";
import { readLedger } from "./ledger.js";
import { type StreamName, streamNames } from "./stream-definitions.js";

export type AuditOptions = {
  readonly run: string;
  /** Subjects (`traj.*`, `score.*`) of messages that were archived before they were trimmed. */
  readonly archivedSubjects?: Iterable<string>;
  /** Groups that the audited checkpoint says were trained. */
  readonly checkpointTrained?: ReadonlySet<string>;
};

/**
 * Derives the state of every issued group of a run. Processes may go on meanwhile: what moves from one place to the next is looked
 * for in the order tasks, results, scores, ledger, so that it is seen at least once.
 */
export async function audit(bus: Bus, options: AuditOptions): Promise<Conservation> {
  return deriveConservation(await gatherEvidence(bus, options));
}

export async function gatherEvidence(bus: Bus, options: AuditOptions): Promise<Evidence> {
  const { run } = options;
  // The issues first: a group that is issued after this is not asked about.
  const issued = await readLedger(bus, run);
  const taskPrefix = `task.${run}.rollout.`;
  const taskSubjects = await subjectsOf(bus, streamNames.tasks, subjects.rolloutTasks(run));
  const resultSubjects = [
    ...(options.archivedSubjects ?? []),
    ...(await subjectsOf(bus, streamNames.results, subjects.trajectories(run))),
    ...(await subjectsOf(bus, streamNames.scores, subjects.scores(run))),
  ];
  const letters = await readDeadLetters(bus, run);
  // What was settled meanwhile, and may have been trimmed, shows in the later records.
  const later = await readLedger(bus, run, issued.state);

  const slices = new Map<string, Set<number>>();
  const scores = new Map<string, Set<string>>();
  for (const subject of resultSubjects) {
    const address = parseResultSubject(subject);
    if (address === null || address.run !== run) continue;
    if (address.reward === null) setOf(slices, address.group).add(address.slice);
    else setOf(scores, address.group).add(`${address.slice}/${address.reward}`);
  }
  return {
    ledger: [...issued.entries, ...later.entries.filter(({ record }) => record.kind !== "issue")],
    tasks: new Set(taskSubjects.map((subject) => subject.slice(taskPrefix.length))),
    slices,
    scores,
    deadLetters: new Map(letters.map((letter) => [letter.group, letter.reason])),
    ...(options.checkpointTrained === undefined ? {} : { checkpointTrained: options.checkpointTrained }),
  };
}

/** The subjects that have a message now. */
async function subjectsOf(bus: Bus, stream: StreamName, filter: string): Promise<string[]> {
  const info = await bus.jsm.streams.info(stream, { subjects_filter: filter });
  return Object.keys(info.state.subjects ?? {});
}

function setOf<V>(sets: Map<string, Set<V>>, key: string): Set<V> {
  const found = sets.get(key) ?? new Set<V>();
  sets.set(key, found);
  return found;
}
