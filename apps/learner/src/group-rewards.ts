// From the scores of a ready group to one reward a sample. What a missing score does to its group is decided here and in
// @easel/grpo; nothing reads it as 0 unless the setting says so.
import { type GroupVerdict, judgeGroup, type MissingPolicy } from "@easel/grpo";
import {
  type Composition,
  type Judgement,
  measured,
  type Outcome,
  type RewardName,
  totalReward,
} from "@easel/rewards";
import type { ReadyGroup } from "./group-book.js";
import { permutation } from "./prompt-order.js";

export type RewardPolicy = {
  readonly combine: Composition;
  readonly missing: MissingPolicy;
  readonly shuffleWithinGroup: boolean;
  readonly seed: number;
};

export type GroupRewards = {
  /** Totals in sample order, [0,1]; null where a reward it needs is missing. */
  readonly totals: readonly (number | null)[];
  /** Values of each named reward in sample order. */
  readonly byReward: Readonly<Record<string, readonly (number | null)[]>>;
  readonly missing: number;
};

/** The rewards of a group's samples. */
export function groupRewards(group: ReadyGroup, policy: RewardPolicy): GroupRewards {
  const byReward: Record<string, (number | null)[]> = {};
  for (const { name } of group.task.rewards) {
    byReward[name] = group.slices.flatMap(
      (slice) =>
        slice.scores.find((score) => score.reward === name)?.vector.scores.map(({ value }) => value) ?? [],
    );
  }
  const totals = Array.from({ length: group.task.groupSize }, (_, sample) =>
    combined(byReward, sample, policy.combine),
  );
  const missing = totals.filter((total) => total === null).length;
  if (!policy.shuffleWithinGroup) return { totals, byReward, missing };
  const order = permutation(totals.length, `${policy.seed}/shuffle/${group.task.group}`);
  return { totals: order.map((from) => totals[from] ?? null), byReward, missing };
}

/**
 * Whether a group is trained on, or why not. Groups whose rewards are all equal are kept and counted: the paper's batch
 * has them too, and they still pull towards the reference.
 */
export function verdictOf(
  rewards: GroupRewards,
  missing: MissingPolicy,
): { readonly drop: string | null; readonly tied: boolean } {
  if (missing === "lowest") return { drop: null, tied: allEqual(rewards.totals.map((total) => total ?? 0)) };
  if (missing === "drop-group" && rewards.missing > 0) return { drop: "missing_reward", tied: false };
  const verdict: GroupVerdict = judgeGroup(rewards.totals);
  if (verdict.keep) return { drop: null, tied: false };
  if (verdict.reason === "zero-variance") return { drop: null, tied: true };
  return { drop: verdict.reason.replaceAll("-", "_"), tied: false };
}

/** The total of one sample. A reward that the run does not ask for takes the value that leaves the product as it is. */
function combined(
  byReward: Readonly<Record<string, readonly (number | null)[]>>,
  sample: number,
  combine: Composition,
): number | null {
  const outcome = (name: RewardName): Outcome | undefined => {
    const values = byReward[name];
    if (values === undefined) return undefined;
    const value = values[sample] ?? null;
    return value === null ? { kind: "missing", reason: "judge-unavailable" } : measured(value);
  };
  const one = measured(1);
  const [sem, spa] = [outcome("sem"), outcome("spa")];
  const judgement: Judgement = {
    sem: sem ?? spa ?? one,
    spa: spa ?? sem ?? one,
    pi: outcome("pi") ?? one,
    ri: outcome("ri") ?? one,
    q: outcome("q") ?? one,
  };
  return totalReward(judgement, combine).value;
}

function allEqual(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
