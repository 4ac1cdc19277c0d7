// What a finished run says of its best policy on dev: its results are of the last one.
import type { BestPolicy } from "@easel/runs";

/**
 * @param steps updates of the run
 * @param run its id
 * @returns null where the last policy is the best, or none was kept
 */
export function bestNote(best: BestPolicy | null, steps: number, run: string): string | null {
  if (best === null || best.step === steps) return null;
  const which =
    best.step === 0 ? "the policy before the first update" : `the policy after update ${best.step}`;
  return `On the dev prompts ${which} did best, with a total of ${best.total.toFixed(3)}; results here are of the last one, after update ${steps}. It is kept: "easel eval --run ${run} --split test" measures both.`;
}
