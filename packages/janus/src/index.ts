// The Janus-Pro model over the engine: decoder, heads, VQ codec, guided sampling, checkpoints.
export * from "./config.js";
export * from "./decoder/index.js";
export * from "./errors.js";
export * from "./log-probs/index.js";
export * from "./sampler/index.js";
export * from "./tokenizer/build-byte-bpe.js";
export * from "./tokenizer/janus-tokenizer.js";
export * from "./tokenizer/layout-tokens.js";
export * from "./tokenizer/prompt.js";
export * from "./tokenizer/special-tokens.js";
