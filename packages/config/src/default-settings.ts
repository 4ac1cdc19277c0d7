// What holds where the user says nothing: the settings of the ten-minute run, explained in configs/nano.yaml.
import type { Settings } from "./schema/settings.js";

export const defaultSettings: Settings = {
  run: { name: "nano", seed: 1, dir: "runs" },
  model: { checkpoint: "assets/janus-nano", lora: null },
  world: { trainPrompts: 4096, devPrompts: 240, testPrompts: 240 },
  rollout: { workers: 1, threads: "auto", slots: 8, temperature: 1, guidanceScale: 1, textCap: 72 },
  rewards: {
    names: ["sem", "spa", "pi", "ri", "q"],
    missing: "ignore",
    combine: "product",
    shuffleWithinGroup: false,
    workers: 1,
  },
  grpo: {
    groupSize: 16,
    batchGroups: 8,
    clip: 0.2,
    beta: 0.01,
    stdEpsilon: 1e-4,
    normalisation: "tokenMean",
    maxStaleness: 1,
  },
  learner: {
    threads: "auto",
    learningRate: 3.5e-4,
    schedule: "cosine",
    floor: 0.1,
    warmupSteps: 5,
    beta1: 0.9,
    beta2: 0.99,
    weightDecay: 0,
    gradClip: 1,
    steps: 200,
    maxTime: "10 min",
    matmul: "bf16",
    checkpointEvery: 10,
  },
  evaluation: { every: 25, devSamples: 240, testSamples: 240 },
  bus: { nats: "auto", replicas: 1, lease: "30s", maxAttempts: 5, imageQuota: "1 GiB" },
  engine: { backend: "auto" },
};
