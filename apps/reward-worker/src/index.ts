// Pulls trajectories, runs rewards, publishes scores.
export type { RewardOptions } from "./options.js";
export { type RewardProcessOptions, rewardProcess } from "./reward-process.js";
export { type RewardResult, runRewardWorker } from "./run-reward-worker.js";
