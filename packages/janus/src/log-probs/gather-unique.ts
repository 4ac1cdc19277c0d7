// Row look-up with indices that never repeat, whose gradient is again a look-up. The gradient of an ordinary gather is
// a scatter-add, which is slow under XLA on CPUs and not needed here.
import { tf } from "@easel/engine";

/**
 * Rows of `x` at `indices`.
 *
 * @param x `[n, width]`
 * @param indices int32 `[m]`; those that some inverse entry names must differ from each other
 * @param inverse int32 `[n]`: for each row of `x` the index into `indices` that reads it, or -1. Gradients of entries
 * that no inverse names (fillers) are dropped.
 * @returns `[m, width]`
 */
export function gatherUnique(x: tf.Tensor, indices: tf.Tensor, inverse: tf.Tensor): tf.Tensor {
  const lookUp = tf.customGrad((...inputs) => {
    const value = tf.gather(inputs[0] as tf.Tensor, indices);
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => {
      const read = tf.cast(tf.greaterEqual(inverse, tf.scalar(0, "int32")), "float32");
      const rows = tf.gather(dy, tf.maximum(inverse, tf.scalar(0, "int32")));
      return [tf.mul(rows, tf.expandDims(read, 1))];
    };
    return { value, gradFunc };
  });
  return lookUp(x);
}
