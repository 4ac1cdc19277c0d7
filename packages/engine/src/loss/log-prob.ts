// Log-probabilities of chosen tokens from logits that are held whole. For large vocabularies see chunked-log-prob.ts.

import { tf } from "../tf.js";

/**
 * `log softmax(logits)[target]` in float32, natural log. Divide the logits by the sampling temperature first.
 * The gradient is written out (one-hot minus softmax), so that no `[N, V]` log-softmax is kept for the backward pass.
 * @param logits `[N, V]`
 * @param targets int32 `[N]`, each in [0, V): out of range is an error or garbage, by backend
 * @returns `[N]`, at most 0
 */
export function logProbOf(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor1D {
  const vocabulary = logits.shape.at(-1) ?? 0;
  const op = tf.customGrad((...args) => {
    const [z, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const logNormaliser = tf.logSumExp(z, -1);
    save([z, logNormaliser, targets]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [savedLogits, savedNormaliser, savedTargets] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const probability = tf.exp(tf.sub(savedLogits, savedNormaliser.expandDims(1)));
      const chosen = tf.oneHot(savedTargets.toInt(), vocabulary, 1, 0, "float32");
      return tf.mul(tf.sub(chosen, probability), dy.expandDims(1));
    };
    return { value: tf.sub(pick(z, targets), logNormaliser), gradFunc };
  });
  return op(logits).as1D();
}

/**
 * Mean of `-log softmax(logits)[target]` over the tokens that count.
 * @param logits `[N, V]`
 * @param targets int32 `[N]`
 * @param mask float32 `[N]` of weights, usually 0 and 1; absent means all count. All zero gives 0, not NaN.
 * @returns a scalar
 */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor, mask?: tf.Tensor): tf.Scalar {
  const loss = tf.neg(logProbOf(logits, targets));
  if (mask === undefined) return tf.mean(loss).asScalar();
  return tf.div(tf.sum(tf.mul(loss, mask)), tf.maximum(tf.sum(mask), 1)).asScalar();
}

/**
 * Entropy of `softmax(logits)` in nats. Differentiable; logits of -infinity count as probability 0.
 * @param logits `[N, V]`
 * @returns `[N]`, in [0, ln V]
 */
export function entropyOf(logits: tf.Tensor): tf.Tensor1D {
  const logProbability = tf.sub(logits, tf.logSumExp(logits, -1, true));
  // 0 · -infinity would be NaN: bound the logarithm where the probability has underflowed anyway.
  const bounded = tf.maximum(logProbability, -1e4);
  return tf.neg(tf.sum(tf.mul(tf.exp(bounded), bounded), -1)).as1D();
}

/** The entries `values[i, columns[i]]`. `[N, V]`, int32 `[N]` to `[N]`. */
export function pick(values: tf.Tensor, columns: tf.Tensor): tf.Tensor {
  const rows = tf.range(0, values.shape[0] ?? 0, 1, "int32");
  return tf.gatherND(values, tf.stack([rows, columns], 1));
}
