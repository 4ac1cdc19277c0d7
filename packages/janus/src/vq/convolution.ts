// Convolutions of the codec on NHWC tensors, with weights kept as the checkpoint stores them (OIHW). Not a layer
// object: a function of the parameters, so gradients reach the stored tensors.
import { type Params, tf, weight } from "@easel/engine";

/**
 * A 3x3 convolution with bias that keeps the side (stride 1) or halves an even side (stride 2).
 *
 * With stride 2 and an even side, "same" padding adds one zero row below and one zero column to the right and nothing
 * above or left: exactly the asymmetric padding of the original. Sides are even by construction of the codec.
 *
 * @param x `[batch, height, width, in]`
 * @returns `[batch, height / stride, width / stride, out]`
 */
export function conv3x3(params: Params, path: string, x: tf.Tensor, stride: 1 | 2 = 1): tf.Tensor {
  const kernel = tf.transpose(weight(params, `${path}.weight`), [2, 3, 1, 0]) as tf.Tensor4D;
  return tf.add(tf.conv2d(x as tf.Tensor4D, kernel, stride, "same"), weight(params, `${path}.bias`));
}

/**
 * A 1x1 convolution with bias, written as one matrix product.
 *
 * @param x `[..., in]`
 * @returns `[..., out]`
 */
export function conv1x1(params: Params, path: string, x: tf.Tensor): tf.Tensor {
  const stored = weight(params, `${path}.weight`);
  const [outWidth = 0, inWidth = 0] = stored.shape;
  const rows = tf.reshape(x, [-1, inWidth]);
  const product = tf.matMul(rows, tf.reshape(stored, [outWidth, inWidth]), false, true);
  const biased = tf.add(product, weight(params, `${path}.bias`));
  return tf.reshape(biased, [...x.shape.slice(0, -1), outWidth]);
}
