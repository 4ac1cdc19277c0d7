// A reward as the advantage functions take it: a number, or missing. Not a reward vector; products are formed before.

/** `null`, `undefined` and NaN all mean that no reward could be measured. */
export type RewardValue = number | null | undefined;

/** True for a reward that could not be measured. */
export function isMissing(reward: RewardValue): reward is null | undefined {
  return reward === null || reward === undefined || Number.isNaN(reward);
}
