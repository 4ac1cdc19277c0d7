// Root-mean-square normalisation of the decoder. In float32; no bias, no mean subtraction.
import { type Params, tf, weight } from "@easel/engine";

/**
 * `x / sqrt(mean(x²) + eps) * weight` over the last axis.
 *
 * @param path layer path, e.g. `language_model.model.norm`
 * @param x `[..., hidden]`
 */
export function rmsNorm(params: Params, path: string, x: tf.Tensor, eps: number): tf.Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  const scale = tf.rsqrt(tf.add(meanSquare, eps));
  return tf.mul(tf.mul(x, scale), weight(params, `${path}.weight`));
}
