// The conservation law: every issued group is exactly one of trained, dropped, dead or found in flight. Pure: it is given what was
// seen and says what follows. "Lost" is what the law forbids.
import type { EpochRecord, LedgerRecord, RolloutTask } from "@easel/protocol";

/** What the streams, the archive and a checkpoint were seen to hold. */
export type Evidence = {
  /** The run's ledger in stream order. */
  readonly ledger: readonly { readonly sequence: number; readonly record: LedgerRecord }[];
  /** Groups that have a task in the queue. */
  readonly tasks: ReadonlySet<string>;
  /** Stored (or archived) slices of each group. */
  readonly slices: ReadonlyMap<string, ReadonlySet<number>>;
  /** Stored (or archived) scores of each group, as `slice/reward`. */
  readonly scores: ReadonlyMap<string, ReadonlySet<string>>;
  /** Reason of each group that has a dead letter. */
  readonly deadLetters: ReadonlyMap<string, string>;
  /** Groups that a checkpoint says were trained, when one is audited. */
  readonly checkpointTrained?: ReadonlySet<string>;
};

export type GroupState =
  | { readonly state: "trained"; readonly epoch: number; readonly step: number }
  | { readonly state: "dropped"; readonly reason: string }
  | { readonly state: "dead"; readonly reason: string }
  | {
      readonly state: "in_flight";
      readonly where: "task" | "results" | "assembled";
      /** For `results`: the scores it waits for, as `slice/reward`. */
      readonly awaiting: readonly string[];
    }
  | { readonly state: "lost"; readonly missing: string };

export type Violation = {
  readonly rule:
    | "lost"
    | "trained_twice"
    | "trained_and_closed"
    | "never_issued"
    | "issued_twice"
    | "checkpoint_without_manifest"
    | "broken_lineage";
  readonly group: string | null;
  readonly detail: string;
};

export type Conservation = {
  readonly groups: ReadonlyMap<string, GroupState>;
  readonly counts: {
    readonly issued: number;
    readonly trained: number;
    readonly dropped: number;
    readonly dead: number;
    readonly inFlight: number;
    readonly lost: number;
  };
  readonly violations: readonly Violation[];
};

type Entry = Evidence["ledger"][number];

/** Derives the state of every issued group, and every way in which the law is broken. */
export function deriveConservation(evidence: Evidence): Conservation {
  const violations: Violation[] = [];
  const lineage = liveLineage(evidence.ledger, violations);
  const tasks = issuedTasks(evidence.ledger, violations);
  const trained = trainedGroups(evidence.ledger, lineage, violations);
  const closed = closedGroups(evidence.ledger, lineage);
  const groups = new Map<string, GroupState>();

  for (const [group, task] of tasks) {
    const training = trained.get(group);
    const verdict = closed.get(group);
    if (training !== undefined && verdict !== undefined) {
      violations.push({
        rule: "trained_and_closed",
        group,
        detail: `trained at epoch ${training.epoch}, step ${training.step}, and ${verdict.state} (${verdict.reason})`,
      });
    }
    const letter = evidence.deadLetters.get(group);
    const state: GroupState =
      training !== undefined
        ? { state: "trained", ...training }
        : (verdict ??
          (letter !== undefined ? { state: "dead", reason: letter } : findInFlight(task, evidence)));
    if (state.state === "lost") violations.push({ rule: "lost", group, detail: `missing: ${state.missing}` });
    groups.set(group, state);
  }

  for (const group of new Set([...trained.keys(), ...closed.keys()])) {
    if (!tasks.has(group))
      violations.push({ rule: "never_issued", group, detail: "settled without an issue record" });
  }
  for (const group of evidence.checkpointTrained ?? []) {
    if (trained.has(group)) continue;
    violations.push({
      rule: "checkpoint_without_manifest",
      group,
      detail: "in the checkpoint, in no live manifest",
    });
  }
  return { groups, counts: count(groups), violations };
}

/** An epoch of the lineage that counts: its records are valid up to where the next one begins. */
type LiveEpoch = { readonly epoch: number; readonly lastStep: number; readonly beforeSequence: number };

/**
 * The epochs from the newest back to the root. Steps after the point where the next epoch began are abandoned, and so is
 * whatever an epoch wrote after it was succeeded.
 */
function liveLineage(ledger: readonly Entry[], violations: Violation[]): Map<number, LiveEpoch> {
  const epochs = new Map<number, { readonly record: EpochRecord; readonly sequence: number }>();
  for (const { record, sequence } of ledger) {
    if (record.kind === "epoch") epochs.set(record.epoch, { record, sequence });
  }
  const lineage = new Map<number, LiveEpoch>();
  let lastStep = Number.POSITIVE_INFINITY;
  let beforeSequence = Number.POSITIVE_INFINITY;
  let epoch: number | null = epochs.size === 0 ? null : Math.max(...epochs.keys());
  if (epoch === null) {
    // Without epoch records nothing was ever succeeded, so everything that was written counts.
    for (const { record } of ledger) {
      if (record.kind === "manifest" || record.kind === "verdict") {
        lineage.set(record.epoch, { epoch: record.epoch, lastStep, beforeSequence });
      }
    }
    return lineage;
  }
  while (epoch !== null) {
    if (lineage.has(epoch)) {
      violations.push({ rule: "broken_lineage", group: null, detail: `epoch ${epoch} descends from itself` });
      break;
    }
    lineage.set(epoch, { epoch, lastStep, beforeSequence });
    const found = epochs.get(epoch);
    if (found === undefined) {
      violations.push({ rule: "broken_lineage", group: null, detail: `epoch ${epoch} has no record` });
      break;
    }
    lastStep = Math.min(lastStep, found.record.fromStep);
    beforeSequence = Math.min(beforeSequence, found.sequence);
    epoch = found.record.parentEpoch;
  }
  return lineage;
}

function issuedTasks(ledger: readonly Entry[], violations: Violation[]): Map<string, RolloutTask> {
  const tasks = new Map<string, RolloutTask>();
  const issues = new Set<number>();
  for (const { record } of ledger) {
    if (record.kind !== "issue") continue;
    const { group, issue } = record.task;
    if (tasks.has(group) || issues.has(issue)) {
      violations.push({ rule: "issued_twice", group, detail: `issue ${issue} has two records` });
    }
    tasks.set(group, record.task);
    issues.add(issue);
  }
  return tasks;
}

type Training = { readonly epoch: number; readonly step: number };

function trainedGroups(
  ledger: readonly Entry[],
  lineage: ReadonlyMap<number, LiveEpoch>,
  violations: Violation[],
): Map<string, Training> {
  const trained = new Map<string, Training>();
  for (const { record, sequence } of ledger) {
    if (record.kind !== "manifest") continue;
    const live = lineage.get(record.epoch);
    if (live === undefined || record.step > live.lastStep || sequence >= live.beforeSequence) continue;
    for (const { group } of record.groups) {
      const before = trained.get(group);
      if (before !== undefined) {
        violations.push({
          rule: "trained_twice",
          group,
          detail: `at epoch ${before.epoch}, step ${before.step}, and epoch ${record.epoch}, step ${record.step}`,
        });
      }
      trained.set(group, { epoch: record.epoch, step: record.step });
    }
  }
  return trained;
}

type Closed = { readonly state: "dropped" | "dead"; readonly reason: string };

/** Verdicts that close a group. A `trained` verdict only repeats a manifest, and a successor's verdict may re-open none. */
function closedGroups(
  ledger: readonly Entry[],
  lineage: ReadonlyMap<number, LiveEpoch>,
): Map<string, Closed> {
  const closed = new Map<string, Closed>();
  for (const { record, sequence } of ledger) {
    if (record.kind !== "verdict" || record.verdict === "trained") continue;
    const live = lineage.get(record.epoch);
    if (live === undefined || sequence >= live.beforeSequence || closed.has(record.group)) continue;
    closed.set(record.group, { state: record.verdict, reason: record.reason });
  }
  return closed;
}

function findInFlight(task: RolloutTask, evidence: Evidence): GroupState {
  const slices = evidence.slices.get(task.group) ?? new Set<number>();
  const absent = task.slices.filter((slice) => !slices.has(slice.slice));
  // While the task is there, slices may be missing: whoever gets it makes the rest.
  if (absent.length > 0) {
    if (evidence.tasks.has(task.group)) return { state: "in_flight", where: "task", awaiting: [] };
    return { state: "lost", missing: absent.map((slice) => `slice ${slice.slice}`).join(", ") };
  }
  const scores = evidence.scores.get(task.group) ?? new Set<string>();
  const awaiting = task.slices.flatMap((slice) =>
    task.rewards.map((reward) => `${slice.slice}/${reward.name}`).filter((key) => !scores.has(key)),
  );
  return awaiting.length > 0
    ? { state: "in_flight", where: "results", awaiting }
    : { state: "in_flight", where: "assembled", awaiting: [] };
}

function count(groups: ReadonlyMap<string, GroupState>): Conservation["counts"] {
  const of = (state: GroupState["state"]): number =>
    [...groups.values()].filter((group) => group.state === state).length;
  return {
    issued: groups.size,
    trained: of("trained"),
    dropped: of("dropped"),
    dead: of("dead"),
    inFlight: of("in_flight"),
    lost: of("lost"),
  };
}
