// Makes one computation wait for another in a traced graph, where order otherwise follows from data alone.

import { tf } from "../tf.js";

/**
 * The values of `x`, available only once `before` has been computed. A graph runs whatever is ready: without this
 * all chunks of a chunked computation would start together and be in memory together. Not differentiable.
 * @param x float32 or int32
 * @param before float32
 */
export function sequencedAfter<T extends tf.Tensor>(x: T, before: tf.Tensor): T {
  const element = before.flatten().slice([0], [1]).asScalar();
  // Always 0, also for NaN and infinity; but no graph optimiser knows the range of a cosine, so the dependency stays.
  const zero = tf.cast(tf.greater(tf.cos(element), 2), x.dtype);
  return tf.add(x, zero) as T;
}
