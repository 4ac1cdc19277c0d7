// Pulls prompt tasks, generates groups of samples, publishes trajectories.
export { RolloutError, type RolloutErrorCode } from "./errors.js";
export type { RolloutOptions, RolloutSettings } from "./options.js";
export { markPng } from "./png-mark.js";
export {
  type RolloutCompute,
  type RolloutProcessOptions,
  rolloutProcess,
  rolloutSettings,
} from "./rollout-process.js";
export { type RolloutResult, runRolloutWorker } from "./run-rollout-worker.js";
