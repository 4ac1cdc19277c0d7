// Nearest-neighbour doubling of channels-last pictures, written with concatenations so that it is cheap and
// differentiable on every backend (the resize kernels are not).
import { tf } from "@easel/engine";

/**
 * Doubles height and width by repeating every pixel.
 *
 * @param x `[batch, height, width, channels]`
 * @returns `[batch, 2 * height, 2 * width, channels]`
 */
export function doubleNearest(x: tf.Tensor): tf.Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  // A pixel next to its copy along the channels is, read on, two equal pixels along the row; rows likewise.
  const wide = tf.concat([x, x], 3);
  const rows = tf.reshape(wide, [batch, height, 2 * width * channels]);
  return tf.reshape(tf.concat([rows, rows], 2), [batch, 2 * height, 2 * width, channels]);
}
