// Nearest-neighbour upsampling by 2, with a gradient (TensorFlow.js has none for the tile and broadcast it takes).
import { tf } from "../tf.js";

const upsample = tf.customGrad((xIn) => {
  const x = xIn as tf.Tensor4D;
  const [batch, height, width, channels] = x.shape;
  const row = tf.concat([x, x], 3).reshape([batch, height, 1, 2 * width * channels]);
  const value = tf.concat([row, row], 2).reshape([batch, 2 * height, 2 * width, channels]);
  return {
    value,
    gradFunc: (dy: tf.Tensor) =>
      dy
        .reshape([batch * height, 2, 2 * width * channels])
        .sum(1)
        .reshape([batch * height * width, 2, channels])
        .sum(1)
        .reshape([batch, height, width, channels]),
  };
});

/**
 * Each pixel becomes 2 × 2 equal pixels.
 * @param x [batch, height, width, channels]
 * @returns [batch, 2·height, 2·width, channels]
 */
export function upsampleNearest2x(x: tf.Tensor4D): tf.Tensor4D {
  return upsample(x) as tf.Tensor4D;
}
