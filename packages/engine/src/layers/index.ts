// Layers that are worth a gradient of their own.
export { softmaxAttention } from "./attention.js";
export {
  type CachedPairs,
  cachedAttention,
  type PrefixUse,
  type SharedPrefix,
  sharePrefix,
} from "./cached-attention.js";
export { gatedSilu } from "./gated-silu.js";
export { groupNorm, silu } from "./group-norm.js";
export { rmsNorm } from "./rms-norm.js";
export { upsampleNearest2x } from "./upsample.js";
