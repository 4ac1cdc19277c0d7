// The supervised loss: weighted cross-entropy over chain tokens, begin-of-image and image tokens.
import { type Params, tf } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import type { PackedTensors } from "./packed-tensors.js";
import { type TokenLogProbsOptions, tokenLogProbs } from "./token-log-probs.js";

/** Weight of one token of each part; 0 leaves a part out. */
export type PartWeights = { readonly chain: number; readonly boi: number; readonly image: number };

/** What a loss may be told besides. */
export type SequenceLossOptions = Pick<TokenLogProbsOptions, "recompute"> & {
  /**
   * Scalar to divide the weighted sum by; the weighted number of this batch's tokens when left out. Passes over the parts of
   * one batch give that of the whole batch, so that their gradients add up to the whole's.
   */
  readonly weightedTokens?: tf.Tensor;
};

/** Scalars in nats. A part without tokens gives 0. */
export type SequenceLoss = {
  /** Weighted mean over all tokens: the one to differentiate. */
  readonly loss: tf.Tensor;
  /** Plain means over the tokens of each part, for reports. */
  readonly chain: tf.Tensor;
  readonly boi: tf.Tensor;
  readonly image: tf.Tensor;
};

/**
 * Cross-entropy of a packed batch. Rows packed with `dropCondition` take part with their image tokens only, which
 * trains the unconditional form that guidance uses.
 */
export function sequenceLoss(
  config: JanusConfig,
  params: Params,
  batch: PackedTensors,
  weights: PartWeights = { chain: 1, boi: 1, image: 1 },
  { weightedTokens, recompute }: SequenceLossOptions = {},
): SequenceLoss {
  const logProbs = tokenLogProbs(config, params, batch, recompute === undefined ? {} : { recompute });
  const boiMask = tf.mul(batch.textMask, batch.textIsBoi);
  const chainMask = tf.sub(batch.textMask, boiMask);
  const part = (values: tf.Tensor, mask: tf.Tensor): { nll: tf.Tensor; count: tf.Tensor } => ({
    nll: tf.neg(tf.sum(tf.mul(values, mask))),
    count: tf.sum(mask),
  });
  const chain = part(logProbs.text, chainMask);
  const boi = part(logProbs.text, boiMask);
  const image = part(logProbs.image, batch.imageMask);
  const weighted = (key: "nll" | "count"): tf.Tensor =>
    tf.addN([
      tf.mul(chain[key], weights.chain),
      tf.mul(boi[key], weights.boi),
      tf.mul(image[key], weights.image),
    ]);
  const mean = ({ nll, count }: { nll: tf.Tensor; count: tf.Tensor }): tf.Tensor =>
    tf.div(nll, tf.maximum(count, 1));
  return {
    loss: tf.div(weighted("nll"), tf.maximum(weightedTokens ?? weighted("count"), 1e-6)),
    chain: mean(chain),
    boi: mean(boi),
    image: mean(image),
  };
}
