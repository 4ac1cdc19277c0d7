// Root-mean-square normalisation with a gradient of its own: the same numbers as composed from TensorFlow.js ops, in
// about half the passes over memory. Subtracts no mean and adds no shift: see group-norm.ts for the kind that does.
import { tf } from "../tf.js";

/**
 * `x / sqrt(mean(x²) + epsilon) * scale` over the last axis (Zhang & Sennrich 2019, eq. 4). Differentiable once, in both.
 * @param x float32 `[..., width]`
 * @param scale float32 `[width]`
 */
export function rmsNorm<T extends tf.Tensor>(x: T, scale: tf.Tensor, epsilon: number): T {
  const normalise = tf.customGrad((xIn, scaleIn, saveIn) => {
    const input = xIn as tf.Tensor;
    const gamma = scaleIn as tf.Tensor;
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), epsilon));
    const normal = tf.mul(input, inverse);
    // The input itself is not kept: its normalised form serves both gradients.
    (saveIn as tf.GradSaveFunc)([normal, inverse, gamma]);
    return { value: tf.mul(normal, gamma), gradFunc };
  });
  return normalise(x, scale) as T;
}

// With n = x r and r = 1 / sqrt(mean(x²) + epsilon): dx = r (dn - n mean(dn n)) where dn = dy scale.
function gradFunc(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [normal, inverse, gamma] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const product = tf.mul(dy, normal);
  const along = tf.mean(tf.mul(product, gamma), -1, true);
  const dx = tf.mul(tf.sub(tf.mul(dy, gamma), tf.mul(normal, along)), inverse);
  const width = normal.shape.at(-1) ?? 1;
  return [dx, tf.sum(tf.reshape(product, [-1, width]), 0)];
}
