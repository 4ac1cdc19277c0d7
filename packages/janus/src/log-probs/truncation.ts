// Top-k and top-p: which tokens a distribution keeps. The sampler and the log-prob pass share it, since a log-prob is
// only that of the sampled distribution if both keep the same tokens.
import { stopGradient, tf } from "@easel/engine";
import { JanusError } from "../errors.js";

/** How a distribution is cut down before it is renormalised: top-k first, then top-p of what that keeps. */
export type Truncation = {
  /** Keeps the likeliest `topK` tokens, and those as likely as the last of them, within 2e-5. All when left out. */
  readonly topK?: number;
  /** Keeps the smallest set of likeliest tokens with at least this share of the probability, (0,1]. 1 when left out. */
  readonly topP?: number;
};

/** Truncation of each head; a head that is left out keeps all tokens. */
export type HeadTruncation = { readonly text?: Truncation; readonly image?: Truncation };

/** Logit of a token that is not kept: its exponential is exactly 0, and unlike -infinity it makes no NaN. */
const DROPPED = -1e30;

/** Below this log of the ratio to the likeliest token a probability is 0 in float32. */
const LOWEST = -104;
/** Enough for thresholds within 1e-5. */
const HALVINGS = 24;
/**
 * How far below the last kept token the threshold lies, in nats. XLA computes one logit anew, and rounded otherwise, in each
 * fusion that uses it: a threshold right at a token would keep it in one place and drop it in another.
 */
const SLACK = 2e-5;

/** @throws JanusError `EASEL_JANUS_TRUNCATION` for numbers out of range */
export function checkTruncation({ text, image }: HeadTruncation): void {
  for (const [head, truncation] of Object.entries({ text, image })) {
    const { topK = 1, topP = 1 } = truncation ?? {};
    if (Number.isInteger(topK) && topK >= 1 && topP > 0 && topP <= 1) continue;
    throw new JanusError(
      "EASEL_JANUS_TRUNCATION",
      `The ${head} head was to keep topK ${topK} and topP ${topP}. Use a whole number from 1, and a share above 0 and at most 1.`,
    );
  }
}

/**
 * Logits with those of tokens that are not kept replaced by a very low number; softmax of them is the renormalised
 * distribution. Gradients reach the kept ones; which are kept counts as given.
 *
 * @param logits `[rows, width]`, after guidance and divided by the temperature
 */
export function truncatedLogits(logits: tf.Tensor, { topK, topP = 1 }: Truncation): tf.Tensor {
  const width = logits.shape[1] ?? 0;
  const isFull = (topK === undefined || topK >= width) && topP === 1;
  if (isFull) return logits;
  const given = stopGradient(logits);
  const shifted = tf.sub(given, tf.max(given, 1, true));
  const countAtLeast = (least: tf.Tensor): tf.Tensor =>
    tf.sum(tf.cast(tf.greaterEqual(shifted, least), "float32"), 1, true);
  let lowest: tf.Tensor = tf.fill([logits.shape[0] ?? 0, 1], LOWEST);
  if (topK !== undefined && topK < width) lowest = highestWith(countAtLeast, tf.scalar(topK), lowest);
  if (topP < 1) {
    const weights = tf.exp(shifted);
    const massAtLeast = (least: tf.Tensor): tf.Tensor =>
      tf.sum(tf.where(tf.greaterEqual(shifted, least), weights, tf.zerosLike(weights)), 1, true);
    lowest = highestWith(massAtLeast, tf.mul(massAtLeast(lowest), topP), lowest);
  }
  return tf.where(tf.greaterEqual(shifted, lowest), logits, tf.fill(logits.shape, DROPPED));
}

/**
 * By bisection the highest threshold at which `measure`, which falls with it, still reaches `wanted`; `start` if none
 * does. A sort of a whole vocabulary would take several times as long, most of all under XLA.
 */
function highestWith(
  measure: (least: tf.Tensor) => tf.Tensor,
  wanted: tf.Tensor,
  start: tf.Tensor,
): tf.Tensor {
  let low = start;
  let high: tf.Tensor = tf.onesLike(start);
  for (let i = 0; i < HALVINGS; i++) {
    const middle = tf.mul(tf.add(low, high), 0.5);
    const reached = tf.greaterEqual(measure(middle), wanted);
    low = tf.where(reached, middle, low);
    high = tf.where(reached, high, middle);
  }
  return tf.sub(low, SLACK);
}
