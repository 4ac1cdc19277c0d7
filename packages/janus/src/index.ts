// The Janus-Pro model over the engine: decoder, heads, VQ codec, guided sampling, checkpoints.

export * from "./checkpoint/digest.js";
export * from "./checkpoint/export/index.js";
export * from "./checkpoint/init.js";
export * from "./checkpoint/layout.js";
export * from "./checkpoint/load.js";
export * from "./checkpoint/model.js";
export * from "./checkpoint/save.js";
export { isWeightFile } from "./checkpoint/source/weight-file.js";
export { type CheckpointLayout, checkpointLayouts } from "./checkpoint/stored-config.js";
export * from "./config.js";
export * from "./decoder/index.js";
export * from "./errors.js";
export type { RandomSource } from "./initial-weights.js";
export * from "./log-probs/index.js";
export * from "./sampler/index.js";
export * from "./tokenizer/build-byte-bpe.js";
export * from "./tokenizer/janus-tokenizer.js";
export * from "./tokenizer/layout-tokens.js";
export * from "./tokenizer/prompt.js";
export * from "./tokenizer/special-tokens.js";
export * from "./vq/codec.js";
export * from "./vq/decoder.js";
export { vqEncoder } from "./vq/encoder.js";
export { initVq } from "./vq/init.js";
export * from "./vq/layout.js";
export { downsampling, vqRoot } from "./vq/levels.js";
export * from "./vq/quantise.js";
