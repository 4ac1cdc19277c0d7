// Layers that are worth a gradient of their own.
export { groupNorm, silu } from "./group-norm.js";
export { upsampleNearest2x } from "./upsample.js";
