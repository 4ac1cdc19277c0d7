// The GRPO objective as tensors: clipped surrogate plus k3 to the reference policy, token by token, with what a step
// reports. The same arithmetic on plain numbers, with its gradient in closed form, is in the grpo package.
import { tf } from "@easel/engine";
import type { PackedTensors, TokenLogProbs } from "@easel/janus";

/** Constants of the objective. */
export type PolicyObjectiveOptions = {
  /** The ratio's gradient stops below 1 - clipLow for negative and above 1 + clipHigh for positive advantages. */
  readonly clipLow: number;
  readonly clipHigh: number;
  /** Weight of the k3 term, beta in GoT-R1 eq. 1; 0 leaves it out. */
  readonly beta: number;
};

/** What the objective is measured against, float32. Text tokens come in the packed order. */
export type PolicyTargets = {
  /** `[text]` and `[rows, imageTokens]` log-probs of the behaviour policy, as the sampler recorded them. */
  readonly behaviourText: tf.Tensor;
  readonly behaviourImage: tf.Tensor;
  /** The same under the reference policy. */
  readonly referenceText: tf.Tensor;
  readonly referenceImage: tf.Tensor;
  /** `[text]` and `[rows]` advantage of the sample each token belongs to. */
  readonly textAdvantages: tf.Tensor;
  readonly imageAdvantages: tf.Tensor;
  /** `[text]` and `[rows]` weight of each token in the loss of the whole step: the losses of its parts add up to it. */
  readonly textWeights: tf.Tensor;
  readonly imageWeights: tf.Tensor;
};

/** Sums over the counted tokens of this part of the batch, scalars; divide by the token counts of the step. */
export type PolicyReport = {
  readonly kl: tf.Tensor;
  readonly textEntropy: tf.Tensor;
  readonly imageEntropy: tf.Tensor;
  readonly clippedLow: tf.Tensor;
  readonly clippedHigh: tf.Tensor;
  /** Sum of |log-prob now - recorded log-prob|. */
  readonly textShift: tf.Tensor;
  readonly imageShift: tf.Tensor;
};

/** Log-ratios beyond this are cut before the exponential, as the plain form does. */
const logRatioLimit = 20;

type TokenPart = {
  readonly loss: tf.Tensor;
  readonly kl: tf.Tensor;
  readonly low: tf.Tensor;
  readonly high: tf.Tensor;
  readonly shift: tf.Tensor;
};

/** One head's tokens; every tensor has the same shape, or broadcasts to it. */
function tokenPart(
  current: tf.Tensor,
  behaviour: tf.Tensor,
  reference: tf.Tensor,
  advantage: tf.Tensor,
  weights: tf.Tensor,
  mask: tf.Tensor,
  options: PolicyObjectiveOptions,
): TokenPart {
  const total = (values: tf.Tensor): tf.Tensor => tf.sum(tf.mul(values, mask));
  const logRatio = tf.sub(current, behaviour);
  const ratio = tf.exp(tf.clipByValue(logRatio, -logRatioLimit, logRatioLimit));
  const clipped = tf.clipByValue(ratio, 1 - options.clipLow, 1 + options.clipHigh);
  const surrogate = tf.neg(tf.minimum(tf.mul(ratio, advantage), tf.mul(clipped, advantage)));
  const distance = tf.clipByValue(tf.sub(reference, current), -logRatioLimit, logRatioLimit);
  const k3 = tf.sub(tf.sub(tf.exp(distance), distance), 1);
  const flag = (hit: tf.Tensor): tf.Tensor => tf.cast(hit, "float32");
  const outside = (sign: tf.Tensor, beyond: tf.Tensor): tf.Tensor => tf.mul(flag(sign), flag(beyond));
  const low = outside(tf.less(advantage, 0), tf.less(ratio, 1 - options.clipLow));
  const high = outside(tf.greater(advantage, 0), tf.greater(ratio, 1 + options.clipHigh));
  return {
    loss: total(tf.mul(tf.add(surrogate, tf.mul(k3, options.beta)), weights)),
    kl: total(k3),
    low: total(low),
    high: total(high),
    shift: total(tf.abs(logRatio)),
  };
}

/**
 * GRPO loss over chain and image tokens of one part of a batch, one advantage for both.
 *
 * `L = sum_t w_t m_t ( -min(c_t A, clip(c_t) A) + beta k3_t )` with `c_t = exp(l_t - l_behaviour,t)`; GoT-R1 eq. 1, which
 * leaves the weights w open: row-weights.ts. Entropies are reported, not optimised.
 */
export function policyObjective(
  logProbs: TokenLogProbs,
  batch: PackedTensors,
  targets: PolicyTargets,
  options: PolicyObjectiveOptions,
): { readonly loss: tf.Tensor; readonly report: PolicyReport } {
  const text = tokenPart(
    logProbs.text,
    targets.behaviourText,
    targets.referenceText,
    targets.textAdvantages,
    targets.textWeights,
    batch.textMask,
    options,
  );
  const image = tokenPart(
    logProbs.image,
    targets.behaviourImage,
    targets.referenceImage,
    tf.expandDims(targets.imageAdvantages, 1),
    tf.expandDims(targets.imageWeights, 1),
    batch.imageMask,
    options,
  );
  return {
    loss: tf.add(text.loss, image.loss),
    report: {
      kl: tf.add(text.kl, image.kl),
      textEntropy: tf.sum(tf.mul(logProbs.textEntropy, batch.textMask)),
      imageEntropy: tf.sum(tf.mul(logProbs.imageEntropy, batch.imageMask)),
      clippedLow: tf.add(text.low, image.low),
      clippedHigh: tf.add(text.high, image.high),
      textShift: text.shift,
      imageShift: image.shift,
    },
  };
}
