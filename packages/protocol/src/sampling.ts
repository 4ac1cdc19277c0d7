// How a group was, or is to be, sampled. The learner needs the same numbers to recompute log-probs.
import { z } from "zod";
import { countSchema, finiteSchema, positiveCountSchema } from "./scalars.js";

export type Sampling = {
  /** Divides the logits of chain and image tokens alike; above 0. */
  readonly temperature: number;
  /** Weight w of `uncond + w * (cond - uncond)` for image tokens; 1 or more. */
  readonly guidanceScale: number;
  /** Most chain tokens before begin-of-image is forced. */
  readonly textCap: number;
  /** Run seed; a draw is a function of (seed, group, sample, token position). */
  readonly seed: number;
};

export const samplingSchema: z.ZodType<Sampling> = z.strictObject({
  temperature: finiteSchema.refine((value) => value > 0, "must be above 0"),
  guidanceScale: finiteSchema.refine((value) => value >= 1, "must be 1 or more"),
  textCap: positiveCountSchema,
  seed: countSchema,
});

export function sameSampling(a: Sampling, b: Sampling): boolean {
  return (
    a.temperature === b.temperature &&
    a.guidanceScale === b.guidanceScale &&
    a.textCap === b.textCap &&
    a.seed === b.seed
  );
}
