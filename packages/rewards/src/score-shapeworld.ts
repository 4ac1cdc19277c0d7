// All rewards, the total and strict success of one sample as plain numbers: for evaluation, benchmarks and reports.

import { RewardsError } from "./errors.js";
import type { JudgeSample } from "./judge.js";
import { productReward, type RewardValues } from "./product.js";
import { readPromptSpec } from "./prompt-spec-reader.js";
import { promptImageReward } from "./shapeworld/pi.js";
import { qualityReward } from "./shapeworld/quality.js";
import { readSample } from "./shapeworld/reading.js";
import { planImageReward } from "./shapeworld/ri.js";
import { semanticReward } from "./shapeworld/sem.js";
import { isCanvas } from "./shapeworld/shapeworld-judge.js";
import { spatialReward } from "./shapeworld/spa.js";
import { strictSuccess } from "./strict/strict-success.js";

export type ShapeworldScore = RewardValues & {
  /** `pi * (sem + spa)/2 * ri * q`, in [0,1]. */
  readonly total: number;
  /** The second measure, never part of a reward: see strict/strict-success.ts. */
  readonly strict: boolean;
};

/**
 * Scores one sample.
 *
 * @throws RewardsError `EASEL_REWARDS_IMAGE` unless the picture is a whole 64 x 64 canvas, `EASEL_REWARDS_PROMPT` for a
 * prompt that is not one of the shape world.
 */
export function scoreShapeworld(sample: JudgeSample): ShapeworldScore {
  readPromptSpec(sample.prompt);
  if (!isCanvas(sample.image)) {
    const { width, height, data } = sample.image;
    throw new RewardsError(
      "EASEL_REWARDS_IMAGE",
      `picture of ${width} x ${height} with ${data.length} bytes; pass 64 x 64 RGB with 3 bytes a pixel`,
    );
  }
  const reading = readSample(sample);
  const values = {
    sem: semanticReward(reading).value,
    spa: spatialReward(reading).value,
    pi: promptImageReward(reading).value,
    ri: planImageReward(reading).value,
    q: qualityReward(reading).value,
  };
  return {
    ...values,
    total: productReward(values),
    strict: strictSuccess(sample.prompt, sample.image).success,
  };
}
