// Tensors: TensorFlow.js on libtensorflow, jit, loop, optimisers, LoRA, safetensors.
export { EngineError, type EngineErrorCode } from "./errors.js";
export * from "./params/index.js";
export * from "./safetensors/index.js";
