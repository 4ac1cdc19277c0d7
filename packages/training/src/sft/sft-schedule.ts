// The learning rate over the stages of a supervised training, as a factor on the first stage's peak. Pure numbers.
import { cosineWithWarmup } from "@easel/engine";

/** One stretch of updates: warm-up from 0 to its peak, then a cosine down to a share of it. */
export type RateStage = {
  readonly steps: number;
  /** Peak learning rate of AdamW. */
  readonly adamRate: number;
  readonly warmupSteps: number;
  /** Share of the peak rate at the end, in [0,1]. */
  readonly floor: number;
};

/** A first stage, and those that follow on it with the same data, weights and moments. */
export type SftSchedule = RateStage & { readonly laterStages?: readonly RateStage[] };

/** Updates of all stages together. */
export function totalSteps(schedule: {
  readonly steps: number;
  readonly laterStages?: readonly { readonly steps: number }[];
}): number {
  return (schedule.laterStages ?? []).reduce((sum, { steps }) => sum + steps, schedule.steps);
}

/**
 * The factor of one update on the peak rates of the first stage, Muon's included.
 *
 * @param update counted from 1; after the last stage its floor goes on
 */
export function rateFactorAt(schedule: SftSchedule, update: number): number {
  const stages = [schedule, ...(schedule.laterStages ?? [])];
  let begun = 0;
  let at: RateStage = schedule;
  for (const stage of stages) {
    at = stage;
    if (update <= begun + stage.steps || stage === stages.at(-1)) break;
    begun += stage.steps;
  }
  const { steps, warmupSteps, floor, adamRate } = at;
  const factor = cosineWithWarmup({ step: update - begun, warmupSteps, totalSteps: steps, floor });
  return (factor * adamRate) / schedule.adamRate;
}
