// Is one policy better than another on the same prompts? A bootstrap over prompts of the paired difference of means.
// Prompts are resampled, not samples: samples of one prompt are not independent.

import { GrpoError } from "../errors.js";

/** Randomness is passed in. `next` returns a number in [0,1). */
export type RandomSource = { next(): number };

/** All scores of one prompt under both policies; the two may have different numbers of samples. */
export type PairedPrompt = {
  readonly before: readonly number[];
  readonly after: readonly number[];
};

export type PairedDifference = {
  /** Mean over prompts of (mean after - mean before). */
  readonly difference: number;
  /** Percentile interval at 95 %. */
  readonly low: number;
  readonly high: number;
  /** Share of resamples with a difference above 0 (ties count half), [0,1]. */
  readonly probabilityBetter: number;
  readonly prompts: number;
};

/**
 * Paired bootstrap clustered by prompt.
 *
 * @param resamples default 2000
 * @throws GrpoError `EASEL_GRPO_SHAPE` for no prompts or a prompt without scores on one side.
 */
export function pairedBootstrap(
  prompts: readonly PairedPrompt[],
  random: RandomSource,
  resamples = 2000,
): PairedDifference {
  if (prompts.length === 0 || resamples < 1) {
    throw new GrpoError("EASEL_GRPO_SHAPE", "paired bootstrap needs at least one prompt and one resample");
  }
  const differences = prompts.map((prompt, index) => {
    if (prompt.before.length === 0 || prompt.after.length === 0) {
      throw new GrpoError(
        "EASEL_GRPO_SHAPE",
        `prompt ${index} has no scores on one side; leave it out of both`,
      );
    }
    return mean(prompt.after) - mean(prompt.before);
  });
  return { ...bootstrapMean(differences, random, resamples), difference: mean(differences) };
}

/** The same for one policy: mean over prompts of the prompt's mean, with its 95 % percentile interval. */
export function clusteredMean(
  prompts: readonly (readonly number[])[],
  random: RandomSource,
  resamples = 2000,
): { readonly mean: number; readonly low: number; readonly high: number; readonly prompts: number } {
  const filled = prompts.filter((scores) => scores.length > 0).map(mean);
  if (filled.length === 0 || resamples < 1) {
    throw new GrpoError(
      "EASEL_GRPO_SHAPE",
      "a clustered mean needs at least one prompt with scores and one resample",
    );
  }
  const { low, high } = bootstrapMean(filled, random, resamples);
  return { mean: mean(filled), low, high, prompts: filled.length };
}

function bootstrapMean(values: readonly number[], random: RandomSource, resamples: number) {
  const means = new Float64Array(resamples);
  let better = 0;
  for (let k = 0; k < resamples; k++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random.next() * values.length)]!;
    means[k] = sum / values.length;
    better += sum > 0 ? 1 : sum === 0 ? 0.5 : 0;
  }
  means.sort();
  return {
    low: quantile(means, 0.025),
    high: quantile(means, 0.975),
    probabilityBetter: better / resamples,
    prompts: values.length,
  };
}

/** Linear interpolation between order statistics. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
