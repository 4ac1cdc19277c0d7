// RLOO advantages: each sample is compared with the mean of the others of its group. Not scaled by a deviation.

import { GrpoError } from "../errors.js";
import { isMissing, type RewardValue } from "./reward-value.js";

/**
 * `A_i = r_i - mean of the other present rewards`, which is n/(n-1) times the centred reward.
 * Ties, missing rewards and groups with fewer than two present rewards give exactly 0.
 *
 * @param rewards `[groups][samples]`
 * @returns `[groups][samples]`
 * @throws GrpoError `EASEL_GRPO_NOT_FINITE` for an infinite reward.
 */
export function leaveOneOutAdvantages(rewards: readonly (readonly RewardValue[])[]): number[][] {
  return rewards.map((group) => {
    const present = group.filter((reward) => !isMissing(reward)) as number[];
    if (present.some((reward) => !Number.isFinite(reward))) {
      throw new GrpoError("EASEL_GRPO_NOT_FINITE", "a reward is infinite; mark an unmeasured reward as null");
    }
    const sum = present.reduce((total, reward) => total + reward, 0);
    const tied = present.length < 2 || present.every((reward) => reward === present[0]);
    return group.map((reward) =>
      tied || isMissing(reward) ? 0 : reward - (sum - reward) / (present.length - 1),
    );
  });
}
