// A judge that errs on purpose, around another one: for tests and for studies of how much judge noise training bears.

import type { Random } from "@easel/shapeworld";
import type { Judge, JudgeSample } from "./judge.js";
import { measured, missing, type Outcome } from "./outcome.js";
import type { RewardName } from "./reward-name.js";

export type JudgeNoise = {
  /** Standard deviation of what is added to each value; the sum is clamped to [0,1]. */
  readonly deviation: number;
  /** Probability in [0,1] that an answer cannot be parsed and the reward is missing. */
  readonly missingRate: number;
  /** Randomness for one reward of one sample. Seed it from the sample to make a repeated judgement agree. */
  readonly randomOf: (sample: JudgeSample, reward: RewardName) => Random;
};

/** `judge` with noise. Its version says how much, so that no group mixes it with the exact one. */
export function noisyJudge(judge: Judge, noise: JudgeNoise): Judge {
  const suffix = `~${noise.deviation}/${noise.missingRate}`;
  return {
    name: `${judge.name}-noisy`,
    version: `${judge.version}${suffix}`,
    rewards: judge.rewards,
    versionOf: (reward) => `${judge.versionOf(reward)}${suffix}`,
    score: async (sample, signal) => {
      const judgement = await judge.score(sample, signal);
      const entries = judge.rewards.map((reward) => {
        const outcome = judgement[reward] ?? missing("judge-unavailable");
        return [reward, disturbed(outcome, noise, noise.randomOf(sample, reward))] as const;
      });
      return Object.fromEntries(entries);
    },
  };
}

function disturbed(outcome: Outcome, { deviation, missingRate }: JudgeNoise, random: Random): Outcome {
  if (outcome.kind === "missing") return outcome;
  if (random.next() < missingRate) return missing("answer-unparseable");
  // Box and Muller's normal number; 1 - next() keeps the logarithm finite.
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return measured(outcome.value + deviation * normal, outcome.detail);
}
