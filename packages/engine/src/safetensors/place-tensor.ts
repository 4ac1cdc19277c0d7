// A file's tensor onto the device at once, without a copy of its values in JavaScript. For values that JavaScript works with
// see tensor-conversion.ts.

import { TF } from "../dtypes.js";
import { onTensorflow, tensorflowBackend } from "../tensorflow-backend.js";
import type { tf } from "../tf.js";
import type { HostDtype, HostTensor } from "./host-tensor.js";
import { checkSize, toTensor } from "./tensor-conversion.js";

const floats: Partial<Readonly<Record<HostDtype, number>>> = {
  F32: TF.FLOAT,
  BF16: TF.BFLOAT16,
  F16: TF.HALF,
};

/**
 * A TensorFlow.js tensor with the values of `h`, as `toTensor` makes it, but on the device from the start: its bytes
 * may be overwritten afterwards. Half-precision floats are widened there, exactly.
 * @param o.keepHalf keeps BF16 as it is stored, in half the memory: every op still sees float32 (see half-storage.ts)
 * @throws EngineError EASEL_ENGINE_TENSOR_SIZE, EASEL_ENGINE_INTEGER_RANGE
 */
export function placeTensor(h: HostTensor, o: { readonly keepHalf?: boolean } = {}): tf.Tensor {
  const dtype = floats[h.dtype];
  if (dtype === undefined || !onTensorflow()) return toTensor(h);
  checkSize(h);
  const kept = o.keepHalf === true && h.dtype === "BF16" ? TF.BFLOAT16 : TF.FLOAT;
  return tensorflowBackend().fromFloats(h.bytes, dtype, h.shape, kept);
}
