// Weights that correct for a sampler whose log-probs differ from the learner's (truncated importance sampling and masks).
// Constants in the loss: no gradient flows through them. Not the ratio of the surrogate.

import { LOG_RATIO_LIMIT } from "../divergence/kl-estimators.js";
import { GrpoError } from "../errors.js";
import { assertSameRows, finiteAt, type TokenRows } from "./token-rows.js";

/**
 * `level`: per token, or one weight a sequence from the sum or the mean of its log differences. The sum is the exact
 * likelihood ratio, but its variance grows with length; the mean (geometric) stays near 1.
 * `outside`: what happens beyond [min, max] - `truncate` clamps the weight, `mask` sets it to 0.
 */
export type ImportanceCorrection = {
  readonly level: "token" | "sequence-sum" | "sequence-mean";
  readonly outside: "truncate" | "mask";
  /** Default 0. */
  readonly min?: number;
  /** For example 2 for token truncation, 3 for sequence masks. */
  readonly max: number;
};

export type CorrectionWeights = {
  /** `[sequences][tokens]`, 0 where masked out of the loss. */
  readonly weights: readonly Float64Array[];
  /** Share of counted tokens whose weight was clamped or set to 0, [0,1]. */
  readonly affectedFraction: number;
  /** Mean of the weights over counted tokens; 0 if there are none. */
  readonly meanWeight: number;
};

/**
 * `exp(l_old - l_sampling)`, bounded.
 *
 * @param learner log-probs of the proximal policy by the learner, `[sequences][tokens]`
 * @param sampler log-probs recorded by the sampler, same shape
 * @throws GrpoError `EASEL_GRPO_SHAPE`, `EASEL_GRPO_NOT_FINITE` on counted tokens, `EASEL_GRPO_OPTION`
 */
export function importanceWeights(
  learner: TokenRows,
  sampler: TokenRows,
  mask: TokenRows,
  correction: ImportanceCorrection,
): CorrectionWeights {
  const { min = 0, max } = correction;
  if (!(min >= 0 && max > min)) {
    throw new GrpoError("EASEL_GRPO_OPTION", `importance bounds are [${min}, ${max}]; need 0 <= min < max`);
  }
  assertSameRows("sampler log-probs", sampler, learner);
  assertSameRows("mask", mask, learner);

  let counted = 0;
  let affected = 0;
  let total = 0;
  const weights = learner.map((row, i) => {
    const out = new Float64Array(row.length);
    const differences: number[] = [];
    for (let t = 0; t < row.length; t++) {
      if (mask[i]![t] === 0) continue;
      differences.push(finiteAt("learner", learner, i, t) - finiteAt("sampler", sampler, i, t));
    }
    const sum = differences.reduce((a, b) => a + b, 0);
    const sequenceLog = correction.level === "sequence-mean" ? sum / Math.max(differences.length, 1) : sum;
    let next = 0;
    for (let t = 0; t < row.length; t++) {
      if (mask[i]![t] === 0) continue;
      const raw = boundedExp(correction.level === "token" ? differences[next]! : sequenceLog);
      next++;
      const inside = raw >= min && raw <= max;
      const clamped = Math.min(max, Math.max(min, raw));
      const weight = inside ? raw : correction.outside === "mask" ? 0 : clamped;
      out[t] = weight;
      counted++;
      total += weight;
      if (!inside) affected++;
    }
    return out;
  });
  const divisor = Math.max(counted, 1);
  return { weights, affectedFraction: affected / divisor, meanWeight: total / divisor };
}

function boundedExp(logRatio: number): number {
  return Math.exp(Math.min(LOG_RATIO_LIMIT, Math.max(-LOG_RATIO_LIMIT, logRatio)));
}
