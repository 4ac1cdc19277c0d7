// How far the sampler's recorded log-probs are from the learner's for the same weights and tokens. A measurement, no remedy.

import { LOG_RATIO_LIMIT } from "../divergence/kl-estimators.js";
import { assertSameRows, finiteAt, type TokenRows } from "../loss/token-rows.js";

/** All over counted tokens, 0 (1 for the effective share) if there are none. x = l_learner - l_sampler. */
export type LogProbMismatch = {
  readonly tokens: number;
  readonly meanAbsolute: number;
  readonly maxAbsolute: number;
  /** Mean of x. Negative: the learner finds the samples less likely than the sampler did. */
  readonly meanDifference: number;
  /** Mean of exp(x) - x - 1, an estimate of KL(sampler || learner). Never negative. */
  readonly divergence: number;
  /** Mean of exp(x), 1 if the two agree. */
  readonly meanWeight: number;
  /** (sum w)^2 / (n sum w^2) with w = exp(x), in (0,1]: the share of tokens an importance-weighted mean is worth. */
  readonly effectiveShare: number;
  /** Share of tokens with |x| above the threshold, [0,1]. */
  readonly exceedingFraction: number;
};

/**
 * Compare only under the weights that sampled the tokens: against newer weights this is drift, another metric.
 *
 * @param threshold |x| that counts as exceeding. Default 0.05.
 * @throws GrpoError `EASEL_GRPO_SHAPE` or `EASEL_GRPO_NOT_FINITE`
 */
export function logProbMismatch(
  learner: TokenRows,
  sampler: TokenRows,
  mask: TokenRows,
  threshold = 0.05,
): LogProbMismatch {
  assertSameRows("sampler log-probs", sampler, learner);
  assertSameRows("mask", mask, learner);
  let tokens = 0;
  let absolute = 0;
  let maxAbsolute = 0;
  let sum = 0;
  let divergence = 0;
  let weights = 0;
  let squares = 0;
  let exceeding = 0;
  for (let i = 0; i < learner.length; i++) {
    for (let t = 0; t < learner[i]!.length; t++) {
      if (mask[i]![t] === 0) continue;
      const x = finiteAt("learner", learner, i, t) - finiteAt("sampler", sampler, i, t);
      const bounded = Math.min(LOG_RATIO_LIMIT, Math.max(-LOG_RATIO_LIMIT, x));
      const weight = Math.exp(bounded);
      tokens++;
      absolute += Math.abs(x);
      maxAbsolute = Math.max(maxAbsolute, Math.abs(x));
      sum += x;
      divergence += Math.max(0, Math.expm1(bounded) - bounded);
      weights += weight;
      squares += weight * weight;
      if (Math.abs(x) > threshold) exceeding++;
    }
  }
  const n = Math.max(tokens, 1);
  return {
    tokens,
    meanAbsolute: absolute / n,
    maxAbsolute,
    meanDifference: sum / n,
    divergence: divergence / n,
    meanWeight: weights / n,
    effectiveShare: tokens === 0 ? 1 : (weights * weights) / (n * squares),
    exceedingFraction: exceeding / n,
  };
}
