// Softmax attention over whole sequences with a gradient of its own. Heads, rotation and projections are the caller's;
// so is attention over a cache.
import { tf } from "../tf.js";

/**
 * `softmax(q k^T + mask) v`. Scale the queries before. Differentiable once in q, k and v; the mask is a constant.
 * @param q float32 `[batch, heads, queries, width]`
 * @param k float32 `[batch, heads, keys, width]`
 * @param v float32 `[batch, heads, keys, width]`
 * @param mask additive, broadcastable to `[batch, heads, queries, keys]`
 * @returns `[batch, heads, queries, width]`
 */
export function softmaxAttention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const attend = tf.customGrad((qIn, kIn, vIn, saveIn) => {
    const queries = qIn as tf.Tensor;
    const keys = kIn as tf.Tensor;
    const values = vIn as tf.Tensor;
    const share = tf.softmax(tf.add(tf.matMul(queries, keys, false, true), mask));
    const value = tf.matMul(share, values);
    (saveIn as tf.GradSaveFunc)([queries, keys, values, share, value]);
    return { value, gradFunc };
  });
  return attend(q, k, v);
}

// With P the shares and O = P v: dS = P (dO v^T - rowsum(dO O)), because rowsum(P dP) = rowsum(dO O): the sum runs over
// the width instead of over all keys (Dao et al. 2022, appendix B.2).
function gradFunc(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [q, k, v, share, value] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const mean = tf.sum(tf.mul(dy, value), -1, true);
  const dScores = tf.mul(share, tf.sub(tf.matMul(dy, v, false, true), mean));
  return [tf.matMul(dScores, k), tf.matMul(dScores, q, true, false), tf.matMul(share, dy, true, false)];
}
