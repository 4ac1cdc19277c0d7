// The learner's settings from a run's configuration. Pure.
import type { RunConfig } from "@easel/config";
import type { TokenLimits } from "@easel/protocol";
import { SHAPEWORLD_VERSIONS } from "@easel/rewards";
import type { LearnerSettings } from "./settings.js";

/** A slice is one message; this many samples stay far below the largest payload also with 576 image tokens each. */
const MOST_SAMPLES_PER_SLICE = 16;
const KEPT_CHECKPOINTS = 3;
const KEEP_SAMPLES_EVERY = 10;
const LONGEST_LEADER_LEASE_MS = 15_000;
/** A rollout worker waits ten minutes for room at most. */
const ORPHAN_GRACE_MS = 15 * 60_000;
/** Leases after which nothing at all having come means that something is wrong. */
const LEASES_WITHOUT_PROGRESS = 20;

export function learnerSettings(config: RunConfig, limits?: TokenLimits): LearnerSettings {
  const { run, rollout, rewards, grpo, learner, evaluation, bus } = config;
  return {
    run: run.name,
    seed: run.seed,
    groupSize: grpo.groupSize,
    sliceSize: Math.min(grpo.groupSize, MOST_SAMPLES_PER_SLICE),
    batchGroups: grpo.batchGroups,
    maxStaleness: grpo.maxStaleness,
    concurrency: Math.max(2 * rollout.workers * rollout.slots, (grpo.maxStaleness + 1) * grpo.batchGroups),
    sampling: {
      temperature: rollout.temperature,
      guidanceScale: rollout.guidanceScale,
      textCap: rollout.textCap,
    },
    rewards: rewards.names.map((name) => ({ name, version: SHAPEWORLD_VERSIONS[name] })),
    missing: rewards.missing,
    combine: rewards.combine,
    shuffleWithinGroup: rewards.shuffleWithinGroup,
    stdEpsilon: grpo.stdEpsilon,
    schedule: {
      kind: learner.schedule,
      learningRate: learner.learningRate,
      floor: learner.floor,
      warmupSteps: learner.warmupSteps,
      steps: learner.steps,
      maxTimeMs: learner.maxTimeMs,
    },
    checkpointEvery: learner.checkpointEvery,
    keepCheckpoints: KEPT_CHECKPOINTS,
    evaluateEvery: evaluation.every,
    keepSamplesEvery: KEEP_SAMPLES_EVERY,
    ...(limits === undefined ? {} : { limits }),
    leaderLeaseMs: Math.min(bus.leaseMs, LONGEST_LEADER_LEASE_MS),
    orphanGraceMs: ORPHAN_GRACE_MS,
    batchDeadlineMs: Math.max(LEASES_WITHOUT_PROGRESS * bus.leaseMs, 60_000),
  };
}
