// Decides which scored groups are worth a gradient, and names the reason for each that is not. Refills are the caller's.

import { isMissing, type RewardValue } from "../advantage/reward-value.js";

export type GroupFilter = {
  /** Keep only groups whose best and worst reward differ by more than this. Default 0: only ties are dropped. */
  readonly minimumRange?: number;
  /** Largest share of missing rewards in a group, [0,1]. Default 0.5. */
  readonly maximumMissing?: number;
};

export type GroupVerdict =
  | { readonly keep: true }
  | { readonly keep: false; readonly reason: "zero-variance" | "too-many-missing" | "too-few-samples" };

/** Judges one group. With fewer than two present rewards nothing can be compared. */
export function judgeGroup(rewards: readonly RewardValue[], filter: GroupFilter = {}): GroupVerdict {
  const { minimumRange = 0, maximumMissing = 0.5 } = filter;
  const present = rewards.filter((reward) => !isMissing(reward)) as number[];
  if (rewards.length > 0 && (rewards.length - present.length) / rewards.length > maximumMissing) {
    return { keep: false, reason: "too-many-missing" };
  }
  if (present.length < 2) return { keep: false, reason: "too-few-samples" };
  const range = Math.max(...present) - Math.min(...present);
  return range > minimumRange ? { keep: true } : { keep: false, reason: "zero-variance" };
}
