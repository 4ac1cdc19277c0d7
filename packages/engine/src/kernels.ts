// Replacements for tfjs-node kernels that would stall or escape a trace.
import type { OpAttribute } from "./addon.js";
import { dtypeNumber } from "./dtypes.js";
import type { TensorflowBackend } from "./tensorflow-backend.js";
import { tf } from "./tf.js";

type Gather = {
  readonly inputs: { readonly x: tf.TensorInfo; readonly indices: tf.TensorInfo };
  readonly attrs: { readonly axis: number; readonly batchDims: number };
  readonly backend: TensorflowBackend;
};

// The original reads the indices back on every call to check their bounds. TensorFlow's CPU kernel checks them
// itself; under XLA an index out of bounds is clamped.
function gather({ inputs, attrs, backend }: Gather): tf.TensorInfo {
  const { x, indices } = inputs;
  tf.backend_util.segment_util.collectGatherOpShapeInfo(
    x as tf.Tensor,
    indices as tf.Tensor,
    attrs.axis,
    attrs.batchDims,
  );
  const type = (name: string, dtype: tf.DataType): OpAttribute => ({
    name,
    type: backend.addon.TF_ATTR_TYPE,
    value: dtypeNumber(dtype),
  });
  const axis = tf.scalar(attrs.axis, "int32");
  const result = backend.executeSingleOutput(
    "GatherV2",
    [
      { name: "batch_dims", type: backend.addon.TF_ATTR_INT, value: attrs.batchDims },
      type("Tparams", x.dtype),
      type("Tindices", indices.dtype),
      type("Taxis", "int32"),
    ],
    [x, indices, axis],
  );
  axis.dispose();
  return result;
}

function replace(kernelName: string, kernelFunc: unknown): void {
  tf.unregisterKernel(kernelName, "tensorflow");
  tf.registerKernel({ kernelName, backendName: "tensorflow", kernelFunc: kernelFunc as tf.KernelFunc });
}

export function replaceKernels(): void {
  replace("GatherV2", gather);
}
