// The clipped surrogate of one token, PPO style, with its derivative. Not an average: see aggregation.ts for weights.

import { LOG_RATIO_LIMIT } from "../divergence/kl-estimators.js";
import { GrpoError } from "../errors.js";

export type ClipRange = {
  /** Ratio may fall to 1 - epsLow before the gradient stops. Default 0.2. */
  readonly epsLow?: number;
  /** Ratio may rise to 1 + epsHigh before the gradient stops. Default 0.2; DAPO uses 0.28. */
  readonly epsHigh?: number;
  /**
   * Upper bound on the ratio of a token with a negative advantage, above 1 + epsHigh ("two-sided" in TRL). The same
   * thing is known as dual clip: the loss of such a token never exceeds `delta * |A|`. Default: no bound.
   */
  readonly delta?: number;
};

/** Which bound stopped the gradient: `low` for A < 0 below 1 - epsLow, `high` for A > 0 above 1 + epsHigh. */
export type ClipState = "inside" | "low" | "high" | "dual";

export type SurrogateTerm = {
  readonly loss: number;
  /** d loss / d l, l being the current log-prob. */
  readonly gradient: number;
  readonly ratio: number;
  readonly clip: ClipState;
};

/** Throws `EASEL_GRPO_OPTION` for a range that is not one. */
export function assertClipRange(range: ClipRange): void {
  const { epsLow = 0.2, epsHigh = 0.2, delta } = range;
  if (!(epsLow >= 0 && epsLow <= 1 && epsHigh >= 0)) {
    throw new GrpoError(
      "EASEL_GRPO_OPTION",
      `clip range is [1 - ${epsLow}, 1 + ${epsHigh}]; epsLow must lie in [0,1], epsHigh must be >= 0`,
    );
  }
  if (delta !== undefined && !(delta > 1 + epsHigh)) {
    throw new GrpoError(
      "EASEL_GRPO_OPTION",
      `delta is ${delta}; it must exceed 1 + epsHigh = ${1 + epsHigh}`,
    );
  }
}

/**
 * `L = -min(min(c, delta) A, clip(c, 1 - epsLow, 1 + epsHigh) A)` with `c = exp(l - l_old)`.
 * The log-ratio is clamped at +-20 before the exponential; beyond that, as at every clip, the derivative is 0.
 * At an exact bound the derivative is not unique; the unclipped one is returned.
 */
export function clippedSurrogate(
  logProb: number,
  oldLogProb: number,
  advantage: number,
  range: ClipRange = {},
): SurrogateTerm {
  const { epsLow = 0.2, epsHigh = 0.2, delta = Number.POSITIVE_INFINITY } = range;
  const rawLogRatio = logProb - oldLogProb;
  const logRatio = Math.min(LOG_RATIO_LIMIT, Math.max(-LOG_RATIO_LIMIT, rawLogRatio));
  const ratio = Math.exp(logRatio);

  let clip: ClipState = "inside";
  let effective = ratio;
  if (advantage > 0 && ratio > 1 + epsHigh) {
    clip = "high";
    effective = 1 + epsHigh;
  } else if (advantage < 0 && ratio < 1 - epsLow) {
    clip = "low";
    effective = 1 - epsLow;
  } else if (advantage < 0 && ratio > delta) {
    clip = "dual";
    effective = delta;
  }
  const moves = clip === "inside" && logRatio === rawLogRatio;
  return { loss: -effective * advantage, gradient: moves ? -ratio * advantage : 0, ratio, clip };
}
