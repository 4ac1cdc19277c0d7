// Weights kept in bfloat16: half the memory. TensorFlow.js sees float32 tensors and every computation happens in
// float32, but for matrix products under `matmul: "bf16"`, which take them as they are.
import { onTensorflow, tensorflowBackend } from "./tensorflow-backend.js";
import { tf } from "./tf.js";

/** A copy of a float32 tensor, stored in bfloat16 (rounded to nearest even). On other backends a plain copy. */
export function storeHalf<T extends tf.Tensor>(x: T): T {
  return (onTensorflow() ? tensorflowBackend().toHalf(x) : x.clone()) as T;
}

/** A tensor over bfloat16 bits, e.g. of a checkpoint, without passing through float32. */
export function tensorFromHalf(bits: Uint16Array, shape: readonly number[]): tf.Tensor {
  if (onTensorflow()) return tensorflowBackend().fromHalf(bits, shape);
  const wide = new Float32Array(bits.length);
  const words = new Uint32Array(wide.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return tf.tensor(wide, [...shape]);
}

/** Whether a tensor is stored in bfloat16: what is assigned to such a variable is rounded. */
export function isStoredHalf(x: tf.Tensor): boolean {
  return onTensorflow() && tensorflowBackend().isHalf(x);
}
