// The whole GRPO loss of a batch and its exact gradient with respect to the current log-probs.
// The tensor learner is checked against it, and may feed its gradient as weights of the log-probs.

import { type KlEstimator, klTerm } from "../divergence/kl-estimators.js";
import { GrpoError } from "../errors.js";
import { type Aggregation, aggregationWeights } from "./aggregation.js";
import { assertClipRange, type ClipRange, clippedSurrogate } from "./clipped-surrogate.js";
import { assertSameRows, finiteAt, type TokenRows } from "./token-rows.js";

export type PolicyLossInput = {
  /** Current log-probs, `[sequences][tokens]`. */
  readonly logProbs: TokenRows;
  /**
   * Log-probs at the start of the update. Without them the ratio is 1 and only its gradient acts, which is right for
   * exactly one update a batch (GoT-R1 with one inner epoch). They are the learner's own (the proximal policy); what
   * separates them from the sampler's belongs into `importance`, which gives decoupled PPO.
   */
  readonly oldLogProbs?: TokenRows;
  /** Needed when `klWeight` is not 0. */
  readonly referenceLogProbs?: TokenRows;
  /** 1 for a sampled token that counts, 0 for padding and for a forced begin-of-image. */
  readonly mask: TokenRows;
  /** One a sequence. */
  readonly advantages: ArrayLike<number>;
  /** Weights of `importanceWeights`; they scale the surrogate, not the divergence term. */
  readonly importance?: TokenRows;
};

export type PolicyLossOptions = {
  readonly clip?: ClipRange;
  readonly aggregation?: Aggregation;
  /** Beta. Default 0.01; 0 switches the term off. */
  readonly klWeight?: number;
  readonly klEstimator?: KlEstimator;
};

export type PolicyLoss = {
  readonly loss: number;
  /** d loss / d logProbs, `[sequences][tokens]`, 0 where masked. */
  readonly gradient: readonly Float64Array[];
  /** Loss of each token before aggregation, 0 where masked. */
  readonly tokenLoss: readonly Float64Array[];
  readonly metrics: PolicyLossMetrics;
};

/** All are plain means over counted tokens; fractions lie in [0,1]. */
export type PolicyLossMetrics = {
  readonly tokens: number;
  readonly meanRatio: number;
  readonly maxRatio: number;
  readonly meanKl: number;
  readonly clipLowFraction: number;
  readonly clipHighFraction: number;
  readonly dualClipFraction: number;
};

/**
 * `sum over tokens of weight * (importance * surrogate + beta * KL)`.
 *
 * @throws GrpoError for rows that do not line up, numbers that are not finite on counted tokens, or bad options.
 */
export function policyLoss(input: PolicyLossInput, options: PolicyLossOptions = {}): PolicyLoss {
  const { clip = {}, aggregation = { kind: "tokenMean" }, klWeight = 0.01, klEstimator = "k3" } = options;
  const { logProbs, oldLogProbs, referenceLogProbs, mask, advantages, importance } = input;
  assertClipRange(clip);
  assertRows(input, klWeight);

  const weights = aggregationWeights(mask, aggregation);
  const gradient = logProbs.map((row) => new Float64Array(row.length));
  const tokenLoss = logProbs.map((row) => new Float64Array(row.length));
  const clipped = { inside: 0, low: 0, high: 0, dual: 0 };
  let loss = 0;
  let tokens = 0;
  let ratioSum = 0;
  let maxRatio = 0;
  let klSum = 0;

  for (let i = 0; i < logProbs.length; i++) {
    const advantage = advantages[i]!;
    for (let t = 0; t < logProbs[i]!.length; t++) {
      if (mask[i]![t] === 0) continue;
      const logProb = finiteAt("log-probs", logProbs, i, t);
      const old = oldLogProbs === undefined ? logProb : finiteAt("old log-probs", oldLogProbs, i, t);
      const surrogate = clippedSurrogate(logProb, old, advantage, clip);
      const correction = importance === undefined ? 1 : finiteAt("importance weights", importance, i, t);
      let value = correction * surrogate.loss;
      let slope = correction * surrogate.gradient;
      if (referenceLogProbs !== undefined) {
        const kl = klTerm(klEstimator, logProb, finiteAt("reference log-probs", referenceLogProbs, i, t));
        value += klWeight * kl.value;
        slope += klWeight * kl.gradient;
        klSum += kl.value;
      }
      const weight = weights[i]![t]!;
      tokenLoss[i]![t] = value;
      gradient[i]![t] = weight * slope;
      loss += weight * value;
      tokens++;
      clipped[surrogate.clip]++;
      ratioSum += surrogate.ratio;
      maxRatio = Math.max(maxRatio, surrogate.ratio);
    }
  }
  const divisor = Math.max(tokens, 1);
  return {
    loss,
    gradient,
    tokenLoss,
    metrics: {
      tokens,
      meanRatio: ratioSum / divisor,
      maxRatio,
      meanKl: klSum / divisor,
      clipLowFraction: clipped.low / divisor,
      clipHighFraction: clipped.high / divisor,
      dualClipFraction: clipped.dual / divisor,
    },
  };
}

function assertRows(input: PolicyLossInput, klWeight: number): void {
  const { logProbs, oldLogProbs, referenceLogProbs, mask, advantages, importance } = input;
  assertSameRows("mask", mask, logProbs);
  if (oldLogProbs !== undefined) assertSameRows("old log-probs", oldLogProbs, logProbs);
  if (referenceLogProbs !== undefined) assertSameRows("reference log-probs", referenceLogProbs, logProbs);
  if (importance !== undefined) assertSameRows("importance weights", importance, logProbs);
  if (advantages.length !== logProbs.length) {
    throw new GrpoError(
      "EASEL_GRPO_SHAPE",
      `${advantages.length} advantages for ${logProbs.length} sequences; pass one advantage a sequence`,
    );
  }
  for (let i = 0; i < advantages.length; i++) {
    if (!Number.isFinite(advantages[i])) {
      throw new GrpoError(
        "EASEL_GRPO_NOT_FINITE",
        `advantage ${i} is ${advantages[i]}; a missing reward has 0`,
      );
    }
  }
  if (klWeight !== 0 && referenceLogProbs === undefined) {
    throw new GrpoError(
      "EASEL_GRPO_OPTION",
      `klWeight is ${klWeight} but there are no reference log-probs; pass them or set klWeight to 0`,
    );
  }
}
