// The reward set: one interface for judges, the shapeworld judge, how rewards become one number, and strict success.

export { RewardsError, type RewardsErrorCode } from "./errors.js";
export type { Judge, Judgement, JudgeSample } from "./judge.js";
export { type JudgeNoise, noisyJudge } from "./noisy-judge.js";
export {
  type Measured,
  MISSING_REASONS,
  type Missing,
  type MissingReason,
  measured,
  missing,
  type Outcome,
  scoreOf,
} from "./outcome.js";
export {
  type Composition,
  planReward,
  productReward,
  type RewardValues,
  sumReward,
  type TotalReward,
  totalReward,
} from "./product.js";
export { readPromptSpec } from "./prompt-spec-reader.js";
export { isRewardName, REWARD_NAMES, type RewardName, SHAPEWORLD_VERSIONS } from "./reward-name.js";
export { type ShapeworldScore, scoreShapeworld } from "./score-shapeworld.js";
export { judgeShapeworld, shapeworldJudge } from "./shapeworld/shapeworld-judge.js";
export {
  STRICT_VERSION,
  type StrictFailure,
  type StrictVerdict,
  strictSuccess,
} from "./strict/strict-success.js";
