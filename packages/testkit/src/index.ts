// For tests only: real servers, processes to kill, a clock to move, messages to send.

export { describeContainerEngine } from "./container-engine.js";
export { buildImage, type ImageToBuild } from "./container-image.js";
export { TestkitError, type TestkitErrorCode } from "./errors.js";
export { eventually } from "./eventually.js";
export { freePort } from "./free-port.js";
export { ManualClock } from "./manual-clock.js";
export { findNatsServer, NATS_SERVER_VARIABLE } from "./nats-binary.js";
export { NATS_IMAGE_VARIABLE, NATS_PROVIDER_VARIABLE } from "./nats-choice.js";
export type { NatsProvider, NatsServer, StartNatsOptions } from "./nats-server.js";
export { sampleScore, sampleTask, sampleTrajectory } from "./sample-messages.js";
export {
  type SimulatedCompute,
  simulatedJudge,
  simulatedPolicyLearner,
  simulatedRolloutPolicy,
} from "./simulated-policy.js";
export { type Exit, SpawnedProcess, type SpawnOptions, spawnProcess } from "./spawned-process.js";
export { startNats } from "./start-nats.js";
