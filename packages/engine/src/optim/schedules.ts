// Learning-rate schedules as factors on the peak rate. Pure numbers.

import { EngineError } from "../errors.js";

/**
 * Linear warm-up from 0 to 1 over `warmupSteps`, then a cosine from 1 down to `floor` at `totalSteps`, then `floor`.
 * Step 0 of a warm-up has factor 0.
 * @param o.step counts from 0
 * @param o.floor share of the peak rate kept at the end, [0,1]; default 0
 * @throws EngineError EASEL_ENGINE_SCHEDULE when the steps or the floor are out of range
 */
export function cosineWithWarmup(o: {
  readonly step: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly floor?: number;
}): number {
  const { step, warmupSteps, totalSteps, floor = 0 } = o;
  const isValid = step >= 0 && warmupSteps >= 0 && totalSteps >= warmupSteps && floor >= 0 && floor <= 1;
  if (!isValid) {
    throw new EngineError(
      "EASEL_ENGINE_SCHEDULE",
      `A schedule needs step >= 0, 0 <= warm-up <= total and a floor in [0,1], not step ${step}, warm-up ${warmupSteps}, total ${totalSteps}, floor ${floor}.`,
    );
  }
  if (step < warmupSteps) return step / warmupSteps;
  if (step >= totalSteps) return floor;
  const progress = (step - warmupSteps) / (totalSteps - warmupSteps);
  return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
