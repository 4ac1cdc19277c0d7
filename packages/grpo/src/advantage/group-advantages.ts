// Advantages of groups of rewards: mean baseline, optional scaling by a standard deviation with Bessel's correction.
// Not the leave-one-out baseline (see leave-one-out.ts) and not the filtering of useless groups (see ../filter).

import { GrpoError } from "../errors.js";
import { isMissing, type RewardValue } from "./reward-value.js";
import { sampleMean, sampleStandardDeviation } from "./sample-moments.js";

/**
 * What divides the centred reward.
 * `group`: the group's standard deviation (DeepSeekMath; GoT-R1 section 3.1). `batch`: that of all present rewards.
 * `none`: nothing (Dr. GRPO).
 */
export type AdvantageScale = "group" | "batch" | "none";

/**
 * What a missing reward does to its group. It is never read as a zero.
 * `ignore`: left out of mean and deviation, its advantage is 0. `drop-group`: every advantage of the group is 0.
 * `lowest`: it takes `lowestReward`, for faults that are known to be the sample's own (a refusal that repeats).
 */
export type MissingPolicy = "ignore" | "drop-group" | "lowest";

export type AdvantageOptions = {
  /** Added to the standard deviation. Default 1e-4, as TRL and T2I-R1 have it. */
  readonly epsilon?: number;
  readonly scale?: AdvantageScale;
  readonly missing?: MissingPolicy;
  /** The reward that `missing: "lowest"` fills in. Default 0. */
  readonly lowestReward?: number;
};

export type GroupSummary = {
  /** Mean of the rewards that counted; 0 if none did. */
  readonly mean: number;
  /** Bessel-corrected standard deviation of the rewards that counted; 0 below two of them. */
  readonly standardDeviation: number;
  /** Rewards that were absent or NaN, whatever the policy made of them. */
  readonly missing: number;
  /** True if at least one advantage is not 0, so the group carries a gradient. */
  readonly informative: boolean;
};

export type AdvantageBatch = {
  /** `[groups][samples]`, the shape of the rewards. */
  readonly advantages: readonly (readonly number[])[];
  /** `[groups][samples]`; false where the sample had no usable reward and should be masked out of the loss. */
  readonly usable: readonly (readonly boolean[])[];
  readonly groups: readonly GroupSummary[];
};

/**
 * Group-relative advantages `A = (r - mean_group) / (std + epsilon)`.
 *
 * Ties give exactly 0, and so does a group with fewer than two present rewards: one sample has nothing to be compared
 * with, and a Bessel deviation of one value does not exist.
 *
 * @param rewards `[groups][samples]`; `null`, `undefined` or NaN mark a missing reward. Groups may differ in size.
 * @throws GrpoError `EASEL_GRPO_NOT_FINITE` for an infinite reward, `EASEL_GRPO_OPTION` for a negative epsilon.
 */
export function groupAdvantages(
  rewards: readonly (readonly RewardValue[])[],
  options: AdvantageOptions = {},
): AdvantageBatch {
  const { epsilon = 1e-4, scale = "group", missing = "ignore", lowestReward = 0 } = options;
  if (!(epsilon >= 0)) {
    throw new GrpoError(
      "EASEL_GRPO_OPTION",
      `advantage epsilon is ${epsilon}; use a number >= 0, such as 1e-4`,
    );
  }

  const filled = rewards.map((group) => fillGroup(group, missing, lowestReward));
  const batchDeviation = scale === "batch" ? sampleStandardDeviation(filled.flatMap(presentIn)) : 0;

  const advantages: number[][] = [];
  const groups: GroupSummary[] = [];
  for (const [index, values] of filled.entries()) {
    const present = presentIn(values);
    const mean = sampleMean(present);
    const standardDeviation = sampleStandardDeviation(present);
    const tied = present.length < 2 || present.every((value) => value === present[0]);
    const divisor = scale === "none" ? 1 : (scale === "batch" ? batchDeviation : standardDeviation) + epsilon;
    const row = values.map((value) => (tied || value === null ? 0 : (value - mean) / divisor));
    advantages.push(row);
    groups.push({
      mean,
      standardDeviation,
      missing: (rewards[index] ?? []).filter(isMissing).length,
      informative: row.some((value) => value !== 0),
    });
  }
  return { advantages, usable: filled.map((values) => values.map((value) => value !== null)), groups };
}

function fillGroup(
  group: readonly RewardValue[],
  missing: MissingPolicy,
  lowestReward: number,
): (number | null)[] {
  const dropped = missing === "drop-group" && group.some(isMissing);
  return group.map((reward, index) => {
    if (dropped) return null;
    if (isMissing(reward)) return missing === "lowest" ? lowestReward : null;
    if (!Number.isFinite(reward)) {
      throw new GrpoError(
        "EASEL_GRPO_NOT_FINITE",
        `reward ${index} of a group is ${reward}; mark a reward that could not be measured as null`,
      );
    }
    return reward;
  });
}

function presentIn(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}
