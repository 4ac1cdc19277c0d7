// Guided, grouped, KV-cached sampling, and the counter-based uniform numbers that drive it.
export {
  type BatchingCost,
  type BatchingQueue,
  lockStepCost,
  replacingCost,
  type StepCost,
} from "./batching-cost.js";
export { type DrawCounter, uniformFor } from "./counter-uniform.js";
export { createSampler } from "./create-sampler.js";
export type {
  HeadTemperature,
  SampledSequence,
  SampleRequest,
  Sampler,
  SamplerModel,
  SamplerOptions,
} from "./types.js";
