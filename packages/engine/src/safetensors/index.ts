// Safetensors files: reading, writing, and conversion to and from TensorFlow.js tensors.
export type { SafetensorsEntry, SafetensorsHeader } from "./header.js";
export { HOST_DTYPE_WIDTH_BYTES, type HostDtype, type HostTensor } from "./host-tensor.js";
export { placeTensor } from "./place-tensor.js";
export {
  decodeSafetensors,
  openSafetensors,
  readSafetensors,
  type SafetensorsFile,
  streamSafetensors,
} from "./read.js";
export { readShardIndex, type ShardIndex, streamCheckpoint } from "./sharded.js";
export { fromFloat32, fromTensor, toFloat32, toTensor } from "./tensor-conversion.js";
export { encodeSafetensors, type StreamedTensor, writeSafetensors, writeSafetensorsStream } from "./write.js";
