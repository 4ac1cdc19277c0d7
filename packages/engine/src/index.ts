// Tensors: TensorFlow.js on libtensorflow, jit, loop, optimisers, LoRA, safetensors.

export { EngineError, type EngineErrorCode } from "./errors.js";
export { isStoredHalf, storeHalf, tensorFromHalf } from "./half-storage.js";
export type { CallTerms } from "./jit/call-terms.js";
export { dynamicUpdateSlice } from "./jit/dynamic-update-slice.js";
export { type JitOptions, type Jitted, jit } from "./jit/jit.js";
export { type LoopOptions, loop } from "./jit/loop.js";
export { spec, type TensorSpec, type WithSpecs } from "./jit/tensor-spec.js";
export * from "./layers/index.js";
export * from "./loss/index.js";
export { type MemoryFigures, memory } from "./memory.js";
export * from "./optim/index.js";
export * from "./params/index.js";
export * from "./random/index.js";
export * from "./safetensors/index.js";
export {
  type BackendName,
  type EngineInfo,
  engineInfo,
  type StartOptions,
  startEngine,
} from "./start-engine.js";
export { tf } from "./tf.js";
