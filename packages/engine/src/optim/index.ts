// Optimisers whose updates can be traced, gradient clipping and accumulation, learning-rate schedules.
export { type AdamWOptions, createAdamW } from "./adamw.js";
export {
  clipByGlobalNorm,
  createGradientAccumulator,
  type GradientAccumulator,
  globalNorm,
} from "./gradient-sums.js";
export type { MomentStorage } from "./moment.js";
export { createMuon, type MuonOptions } from "./muon.js";
export type { Optimizer, ParameterGroup } from "./optimizer.js";
export { cosineWithWarmup } from "./schedules.js";
