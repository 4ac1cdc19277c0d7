// GELU in its erf form, as gen_aligner and gen_head use it. The tanh form differs by up to 2e-3 on image logits.
import { tf } from "@easel/engine";

/** `x * Φ(x)`, any shape. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}
