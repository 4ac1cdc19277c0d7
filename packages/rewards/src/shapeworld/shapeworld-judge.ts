// The judge of the shape world: a program that measures exactly. Reads each sample once, whatever rewards are asked for.

import { CANVAS_SIDE, promptFault, type RgbImage } from "@easel/shapeworld";
import { RewardsError } from "../errors.js";
import type { Judge, Judgement, JudgeSample } from "../judge.js";
import { type Measured, missing, type Outcome } from "../outcome.js";
import { isRewardName, REWARD_NAMES, type RewardName, SHAPEWORLD_VERSIONS } from "../reward-name.js";
import { promptImageReward } from "./pi.js";
import { qualityReward } from "./quality.js";
import { readSample, type SampleReading } from "./reading.js";
import { planImageReward } from "./ri.js";
import { semanticReward } from "./sem.js";
import { spatialReward } from "./spa.js";

const MEASURES: Readonly<Record<RewardName, (reading: SampleReading) => Measured>> = {
  sem: semanticReward,
  spa: spatialReward,
  pi: promptImageReward,
  ri: planImageReward,
  q: qualityReward,
};

/**
 * The judge for some or all rewards. One that runs several shares one detection a sample among them.
 *
 * @throws RewardsError `EASEL_REWARDS_UNKNOWN_REWARD`
 */
export function shapeworldJudge(rewards: readonly RewardName[] = REWARD_NAMES): Judge {
  const unknown = rewards.find((name) => !isRewardName(name));
  if (unknown !== undefined || rewards.length === 0) {
    throw new RewardsError(
      "EASEL_REWARDS_UNKNOWN_REWARD",
      `the shapeworld judge has no reward "${unknown ?? ""}"; choose from ${REWARD_NAMES.join(", ")}`,
    );
  }
  return {
    name: "shapeworld",
    version: rewards.map((name) => SHAPEWORLD_VERSIONS[name]).join("+"),
    rewards,
    versionOf: (reward) => SHAPEWORLD_VERSIONS[reward],
    score: async (sample) => judgeShapeworld(sample, rewards),
  };
}

/** The same without a promise. An unreadable picture or prompt makes every reward missing. */
export function judgeShapeworld(
  sample: JudgeSample,
  rewards: readonly RewardName[] = REWARD_NAMES,
): Judgement {
  const outcomeOf = outcomesOf(sample);
  return Object.fromEntries(rewards.map((name) => [name, outcomeOf(name)]));
}

function outcomesOf(sample: JudgeSample): (name: RewardName) => Outcome {
  if (promptFault(sample.prompt) !== null) return () => missing("unreadable-prompt");
  if (!isCanvas(sample.image)) return () => missing("unreadable-image");
  const reading = readSample(sample);
  return (name) => MEASURES[name](reading);
}

/** True for a picture of the world's size whose bytes are all there. */
export function isCanvas(image: RgbImage): boolean {
  const { width, height, data } = image;
  return width === CANVAS_SIDE && height === CANVAS_SIDE && data.length === width * height * 3;
}
