// The learning-rate factor of one optimizer step: linear warm-up, then a cosine down to a floor. Holds no state.

import { GrpoError } from "../errors.js";

export type CosineSchedule = {
  /** The step at which the curve reaches its floor; warm-up included. */
  readonly totalSteps: number;
  /** Default 0. */
  readonly warmupSteps?: number;
  /** Lowest factor of the cosine part, [0,1]. Default 0; 0.1 ends at a tenth of the peak. */
  readonly floor?: number;
};

/**
 * Factor in [0,1] for step `i` counted from 0, as in the transformers library: with warm-up, step 0 has factor 0. A
 * caller who does not want to lose its first step counts from 1. Beyond `totalSteps` the factor stays at the floor.
 *
 * @throws GrpoError `EASEL_GRPO_OPTION` for a schedule that is not one.
 */
export function cosineWithWarmup(step: number, schedule: CosineSchedule): number {
  const { totalSteps, warmupSteps = 0, floor = 0 } = schedule;
  if (!(totalSteps > 0 && warmupSteps >= 0 && warmupSteps <= totalSteps && floor >= 0 && floor <= 1)) {
    throw new GrpoError(
      "EASEL_GRPO_OPTION",
      `schedule of ${totalSteps} steps with ${warmupSteps} warm-up steps and floor ${floor}; ` +
        "need 0 <= warm-up <= total and a floor in [0,1]",
    );
  }
  if (!(step >= 0)) throw new GrpoError("EASEL_GRPO_OPTION", `schedule step is ${step}; count from 0`);
  if (step < warmupSteps) return step / warmupSteps;
  const span = totalSteps - warmupSteps;
  const progress = span === 0 ? 1 : Math.min(1, (step - warmupSteps) / span);
  return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
