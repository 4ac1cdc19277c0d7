// Attention over whole sequences, for training, log-probs and prompts. Attention over a cache of earlier steps is the
// sampler's.
import { softmaxAttention, tf } from "@easel/engine";
import type { LanguageConfig } from "../config.js";

/** Large enough to silence a position in a float32 softmax, small enough never to overflow. */
const MASKED = -1e9;

/**
 * Turns rotated queries, keys and values of one layer into the attention output.
 *
 * @param q `[batch, seq, heads, headDim]`
 * @param k `[batch, seq, kvHeads, headDim]`
 * @param v `[batch, seq, kvHeads, headDim]`
 * @returns `[batch, seq, heads, headDim]`
 */
export type Attend = (layer: number, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.Tensor;

/** Repeats each key or value head for the queries that share it: `[b, s, kvHeads, d]` to `[b, s, heads, d]`. */
export function repeatHeads(config: LanguageConfig, x: tf.Tensor): tf.Tensor {
  const share = config.heads / config.kvHeads;
  if (share === 1) return x;
  const [batch = 1, seq = 1] = x.shape;
  // Along the last axis, not along one between: TensorFlow.js has no gradient of tile beyond rank 4.
  return tf.reshape(tf.tile(x, [1, 1, 1, share]), [batch, seq, config.heads, config.headDim]);
}

/** Additive mask `[seq, seq]`: 0 where the column is not after the row, else a large negative number. */
export function causalMask(seq: number): tf.Tensor {
  const steps = tf.range(0, seq, 1, "int32");
  const future = tf.greater(tf.reshape(steps, [1, seq]), tf.reshape(steps, [seq, 1]));
  return tf.mul(tf.cast(future, "float32"), MASKED);
}

/** Additive mask from booleans of the same shape: 0 where `visible`, else a large negative number. */
export function additiveMask(visible: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sub(1, tf.cast(visible, "float32")), MASKED);
}

/**
 * Softmax attention with an additive mask.
 *
 * @param mask broadcastable to `[batch, heads, seq, seq]`
 */
export function fullAttention(config: LanguageConfig, mask: tf.Tensor): Attend {
  const scale = 1 / Math.sqrt(config.headDim);
  const headsFirst = [0, 2, 1, 3];
  return (_layer, q, k, v) => {
    const queries = tf.transpose(tf.mul(q, scale), headsFirst);
    const keys = tf.transpose(repeatHeads(config, k), headsFirst);
    const values = tf.transpose(repeatHeads(config, v), headsFirst);
    return tf.transpose(softmaxAttention(queries, keys, values, mask), headsFirst);
  };
}
