// The Janus-Pro model over the engine: decoder, heads, VQ codec, guided sampling, checkpoints.
export * from "./config.js";
export * from "./errors.js";
