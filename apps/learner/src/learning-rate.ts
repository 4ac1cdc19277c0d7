// The learning rate of a step under two limits at once: the cosine follows whichever of steps and time is further along.
import { cosineWithWarmup } from "@easel/grpo";
import type { ScheduleSettings } from "./settings.js";

/**
 * The rate of a step.
 * @param step number of the step to make; 1 is the first
 * @param elapsedMs training time before it, over all starts of the run
 */
export function learningRateAt(schedule: ScheduleSettings, step: number, elapsedMs: number): number {
  const { learningRate, steps, floor } = schedule;
  const warmupSteps = Math.min(schedule.warmupSteps, steps);
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  if (schedule.kind === "constant") return learningRate;
  const position = Math.max(step, runShare(schedule, step - 1, elapsedMs) * steps);
  return (
    learningRate * cosineWithWarmup(Math.min(position, steps), { totalSteps: steps, warmupSteps, floor })
  );
}

/** Share of the run that is over after `step` steps, [0,1]. */
export function runShare(schedule: ScheduleSettings, step: number, elapsedMs: number): number {
  const byTime = schedule.maxTimeMs === null ? 0 : elapsedMs / schedule.maxTimeMs;
  return Math.min(1, Math.max(step / schedule.steps, byTime));
}
