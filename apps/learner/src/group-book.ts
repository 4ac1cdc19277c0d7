// The learner's account of its groups: each issued group is running, ready or settled, and never two of these. A pure state machine:
// it is told what was read from the ledger and the streams, and decides nothing about time, files or the broker.
import {
  type RolloutTask,
  type ScoreVector,
  scoreFaults,
  type TokenLimits,
  type Trajectory,
  trajectoryFaults,
} from "@easel/protocol";

/** How a group ended. */
export type Settlement = "trained" | "dropped" | "dead";

export type StoredScore = { readonly reward: string; readonly vector: ScoreVector; readonly digest: string };

export type CompleteSlice = {
  readonly slice: number;
  readonly trajectory: Trajectory;
  readonly trajectoryDigest: string;
  /** In the order in which the task names its rewards. */
  readonly scores: readonly StoredScore[];
};

/** A group with every slice and every named score. */
export type ReadyGroup = { readonly task: RolloutTask; readonly slices: readonly CompleteSlice[] };

/**
 * What became of a message. `late`: its group is settled. `unknown`: no such group was issued, as far as this book knows.
 * A fault closes the group: the message holds its place for good, so no right one can come.
 */
export type Taken =
  | { readonly taken: "kept" | "late" | "unknown" }
  | { readonly taken: "fault"; readonly reason: string; readonly detail: string };

type Kept<M> = { readonly message: M; readonly digest: string; readonly sequence: number };

type OpenGroup = {
  readonly task: RolloutTask;
  readonly trajectories: Map<number, Kept<Trajectory>>;
  /** By `slice/reward`; a score may be read before its trajectory. */
  readonly scores: Map<string, Kept<ScoreVector>>;
};

/** Positions before which nothing of an open group lies, and the settled groups that have something after them. */
export type Watermarks = {
  readonly results: number;
  readonly scores: number;
  readonly settledAbove: readonly string[];
};

export class GroupBook {
  readonly #limits: TokenLimits | undefined;
  readonly #open = new Map<string, OpenGroup>();
  readonly #settled = new Map<string, { readonly as: Settlement; readonly lastSequence: number }>();
  readonly #counts = { trained: 0, dropped: 0, dead: 0 };

  constructor(limits?: TokenLimits) {
    this.#limits = limits;
  }

  /** Notes an issued group. One that is known stays as it is. */
  issue(task: RolloutTask): void {
    if (this.stateOf(task.group) !== "unknown") return;
    this.#open.set(task.group, { task, trajectories: new Map(), scores: new Map() });
  }

  addTrajectory(message: Trajectory, digest: string, sequence: number): Taken {
    const open = this.#open.get(message.group);
    if (open === undefined) return this.#notOpen(message.group, sequence);
    if (open.trajectories.has(message.slice)) return { taken: "kept" };
    const faults = trajectoryFaults(open.task, message, this.#limits);
    if (faults.length > 0) return { taken: "fault", reason: "invalid_trajectory", detail: faults.join("; ") };
    open.trajectories.set(message.slice, { message, digest, sequence });
    for (const score of open.scores.values()) {
      const refused = score.message.slice === message.slice ? this.#refuse(open, score.message) : null;
      if (refused !== null) return refused;
    }
    return { taken: "kept" };
  }

  addScore(message: ScoreVector, digest: string, sequence: number): Taken {
    const open = this.#open.get(message.group);
    if (open === undefined) return this.#notOpen(message.group, sequence);
    const key = `${message.slice}/${message.reward}`;
    if (open.scores.has(key)) return { taken: "kept" };
    const refused = this.#refuse(open, message);
    if (refused !== null) return refused;
    open.scores.set(key, { message, digest, sequence });
    return { taken: "kept" };
  }

  /** Ends a group and returns what was there of it; null when it had ended, or was never issued. */
  settle(group: string, as: Settlement): ReadyGroup | null {
    const open = this.#open.get(group);
    if (open === undefined) return null;
    this.#open.delete(group);
    this.#settled.set(group, { as, lastSequence: lastSequence(open) });
    this.#counts[as] += 1;
    return presentPart(open);
  }

  /** Notes a group that ended before this book was opened. */
  settled(task: RolloutTask, as: Settlement): void {
    this.issue(task);
    this.settle(task.group, as);
  }

  /** Counts groups that were trained and of which the ledger knows nothing any more. */
  trainedBefore(groups: number): void {
    this.#counts.trained += groups;
  }

  stateOf(group: string): "unknown" | "running" | "ready" | Settlement {
    const open = this.#open.get(group);
    if (open !== undefined) return isComplete(open) ? "ready" : "running";
    return this.#settled.get(group)?.as ?? "unknown";
  }

  /** Complete groups, the first issued first. */
  ready(): ReadyGroup[] {
    return [...this.#open.values()]
      .filter(isComplete)
      .map(presentPart)
      .sort((a, b) => a.task.issue - b.task.issue);
  }

  /** Tasks of all groups that have not ended, the first issued first. */
  open(): RolloutTask[] {
    return [...this.#open.values()].map(({ task }) => task).sort((a, b) => a.issue - b.issue);
  }

  /** The trajectories of an open group that are here; none for any other. */
  trajectoriesOf(group: string): Trajectory[] {
    return [...(this.#open.get(group)?.trajectories.values() ?? [])].map(({ message }) => message);
  }

  /** The counters of admission: groups on their way, and groups trained or waiting for it. */
  counters(): { readonly running: number; readonly accepted: number } {
    const waiting = [...this.#open.values()].filter(isComplete).length;
    return { running: this.#open.size - waiting, accepted: this.#counts.trained + waiting };
  }

  totals(): {
    readonly open: number;
    readonly trained: number;
    readonly dropped: number;
    readonly dead: number;
  } {
    return { open: this.#open.size, ...this.#counts };
  }

  /** @param read sequences of the last messages that were read from RESULTS and SCORES. */
  watermarks(read: { readonly results: number; readonly scores: number }): Watermarks {
    let { results, scores } = read;
    for (const open of this.#open.values()) {
      for (const { sequence } of open.trajectories.values()) results = Math.min(results, sequence - 1);
      for (const { sequence } of open.scores.values()) scores = Math.min(scores, sequence - 1);
    }
    const settledAbove = [...this.#settled]
      .filter(([, { lastSequence: last }]) => last > results)
      .map(([group]) => group);
    return { results, scores, settledAbove };
  }

  #notOpen(group: string, sequence: number): Taken {
    const settled = this.#settled.get(group);
    if (settled === undefined) return { taken: "unknown" };
    this.#settled.set(group, { as: settled.as, lastSequence: Math.max(settled.lastSequence, sequence) });
    return { taken: "late" };
  }

  /** A score is compared with its trajectory as soon as both are here. */
  #refuse(open: OpenGroup, vector: ScoreVector): Taken | null {
    const trajectory = open.trajectories.get(vector.slice);
    if (trajectory === undefined) return null;
    const faults = scoreFaults(open.task, trajectory.message, trajectory.digest, vector);
    if (faults.length === 0) return null;
    const detail = `${vector.reward} of slice ${vector.slice}: ${faults.join("; ")}`;
    return { taken: "fault", reason: "score_refused", detail };
  }
}

function isComplete({ task, trajectories, scores }: OpenGroup): boolean {
  return task.slices.every(
    ({ slice }) =>
      trajectories.has(slice) && task.rewards.every((reward) => scores.has(`${slice}/${reward.name}`)),
  );
}

function presentPart({ task, trajectories, scores }: OpenGroup): ReadyGroup {
  const slices = task.slices.flatMap(({ slice }) => {
    const trajectory = trajectories.get(slice);
    if (trajectory === undefined) return [];
    return {
      slice,
      trajectory: trajectory.message,
      trajectoryDigest: trajectory.digest,
      scores: task.rewards.flatMap(({ name }) => {
        const score = scores.get(`${slice}/${name}`);
        return score === undefined ? [] : { reward: name, vector: score.message, digest: score.digest };
      }),
    };
  });
  return { task, slices };
}

function lastSequence({ trajectories }: OpenGroup): number {
  return Math.max(0, ...[...trajectories.values()].map(({ sequence }) => sequence));
}
