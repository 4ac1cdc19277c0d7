// What the engine holds at this moment.
import { onTensorflow, tensorflowBackend } from "./tensorflow-backend.js";
import { tf } from "./tf.js";

export type MemoryFigures = {
  /** Tensors that TensorFlow.js tracks. */
  readonly tensors: number;
  /** Native handles; tensors still in JavaScript have none, traced functions hold those they captured. */
  readonly handles: number;
  /** Bytes behind the handles. Handles that share a buffer count it each. */
  readonly sizeBytes: number;
  /** Resident memory of the process: the only figure that includes what functions and the runtime hold. */
  readonly residentBytes: number;
};

export function memory(): MemoryFigures {
  const { numTensors, numBytes } = tf.memory();
  const native = onTensorflow()
    ? tensorflowBackend().addon.tensorCounts()
    : { handles: 0, sizeBytes: numBytes };
  return { tensors: numTensors, ...native, residentBytes: process.memoryUsage.rss() };
}
