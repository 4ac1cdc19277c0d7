// The log-prob pass over a packed batch: one log-prob for every chain token and every image token, differentiable.
// Losses over them are elsewhere.
import { type Params, stopGradient, tf } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import { imageEmbedding, textEmbedding } from "../decoder/embeddings.js";
import { imageLogits } from "../decoder/heads.js";
import { type DecoderForwardOptions, decoderForward } from "../decoder/layers.js";
import { gatherUnique } from "./gather-unique.js";
import { mixGuidance, type UncondGrad } from "./guidance.js";
import type { PackedTensors } from "./packed-tensors.js";
import { targetLogProbs } from "./target-log-probs.js";
import { textLogProbs } from "./text-log-probs.js";
import { checkTruncation, type HeadTruncation } from "./truncation.js";

/** Options of {@link tokenLogProbs}; they must equal the sampler's. */
export type TokenLogProbsOptions = {
  /** Softmax temperature of both heads; 1 when left out. */
  readonly temperature?: number;
  /** Guidance scale; guidance acts above 1 and on image tokens only. 1 when left out. */
  readonly guidanceScale?: number;
  /**
   * Top-k and top-p of each head; all tokens when left out. Kept sets are those of these weights: with other weights than
   * the sampler's a sampled token may have dropped out, and its log-prob is then about -1e30.
   */
  readonly truncation?: HeadTruncation;
  /** Trained variables by name: activation checkpointing, see `DecoderForwardOptions`. */
  readonly recompute?: DecoderForwardOptions["recompute"];
  /** Whether gradients reach the unconditional row; `full` when left out. */
  readonly uncondGrad?: UncondGrad;
};

/** Log-probs and entropies in nats. Entries that the batch's masks exclude are finite but meaningless. */
export type TokenLogProbs = {
  /** `[text]` */
  readonly text: tf.Tensor;
  /** `[rows, imageTokens]` */
  readonly image: tf.Tensor;
  /** `[text]` */
  readonly textEntropy: tf.Tensor;
  /** `[rows, imageTokens]` */
  readonly imageEntropy: tf.Tensor;
};

/** Decoder states of one form of the rows, `[rows * length, hidden]`. */
function states(
  config: JanusConfig,
  params: Params,
  batch: PackedTensors,
  ids: tf.Tensor,
  options: DecoderForwardOptions,
): tf.Tensor {
  const text = textEmbedding(params, ids);
  const image = imageEmbedding(config, params, batch.imageIds);
  const x = tf.where(tf.expandDims(batch.isImage, -1), image, text);
  return tf.reshape(decoderForward(config.language, params, x, options), [-1, config.language.hidden]);
}

/** Image logits `[rows * imageTokens, codes]` from states. */
function imageLogitsAt(params: Params, batch: PackedTensors, hidden: tf.Tensor): tf.Tensor {
  const positions = tf.reshape(batch.imagePositions, [-1]);
  return imageLogits(params, gatherUnique(hidden, positions, batch.imageInverse));
}

/**
 * Log-probs of all text and image tokens of a batch under the policy that the sampler sampled from.
 *
 * With `guidanceScale` > 1 image logits are mixed with those of the unconditional row: same length and codes, ids
 * 1..-2 of prompt and chain replaced by the pad id, pads attended to like any token.
 *
 * @throws JanusError `EASEL_JANUS_TRUNCATION`
 *
 * Source: GoT-R1 inference loop; shift: the state at a place predicts the next token, begin-of-image the first code.
 */
export function tokenLogProbs(
  config: JanusConfig,
  params: Params,
  batch: PackedTensors,
  options: TokenLogProbsOptions = {},
): TokenLogProbs {
  const { temperature = 1, guidanceScale = 1, uncondGrad = "full", truncation = {}, recompute } = options;
  const layers = recompute === undefined ? {} : { recompute };
  checkTruncation(truncation);
  const hidden = states(config, params, batch, batch.textIds, layers);
  const textStates = gatherUnique(hidden, batch.textPositions, batch.textInverse);
  const text = textLogProbs(params, textStates, batch.textTargets, temperature, truncation.text);

  let logits = imageLogitsAt(params, batch, hidden);
  if (guidanceScale > 1) {
    const uncond = imageLogitsAt(
      params,
      batch,
      states(config, params, batch, batch.unconditionalIds, layers),
    );
    logits = mixGuidance(logits, uncondGrad === "stop" ? stopGradient(uncond) : uncond, guidanceScale);
  }
  const image = targetLogProbs(logits, tf.reshape(batch.imageTargets, [-1]), temperature, truncation.image);
  const grid = batch.imageTargets.shape;
  return {
    text: text.logProbs,
    textEntropy: text.entropy,
    image: tf.reshape(image.logProbs, grid),
    imageEntropy: tf.reshape(image.entropy, grid),
  };
}
