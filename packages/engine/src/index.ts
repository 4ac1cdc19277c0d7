// Tensors: TensorFlow.js on libtensorflow, jit, loop, optimisers, LoRA, safetensors.
export {};
