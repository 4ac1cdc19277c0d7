// The reconstruction loss of the VQ codec: absolute plus squared error, heavier on what is drawn than on blank canvas.
// No perceptual and no adversarial term: shapeworld has neither texture statistics nor photographs to match.
import { tf } from "@easel/engine";

/**
 * Weighted mean of |x - y| + (x - y)^2.
 *
 * Most pixels of a shapeworld picture are white. Without the weight a codec that paints everything white already has
 * a small loss, and textures, a few pixels each, come last.
 *
 * @param images `[batch, height, width, 3]` in [-1,1]
 * @param decoded the same shape
 * @param drawnWeight how many times a pixel that is not white counts
 * @returns scalar
 */
export function reconstructionLoss(images: tf.Tensor, decoded: tf.Tensor, drawnWeight: number): tf.Tensor {
  const drawn = tf.cast(tf.less(tf.min(images, -1, true), 0.99), "float32");
  const weights = tf.add(tf.mul(drawn, drawnWeight - 1), 1);
  const difference = tf.sub(decoded, images);
  const error = tf.add(tf.abs(difference), tf.square(difference));
  return tf.div(tf.sum(tf.mul(error, weights)), tf.mul(tf.sum(weights), 3));
}
