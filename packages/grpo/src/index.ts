// GRPO arithmetic on plain numbers: advantages, losses with closed-form gradients, schedules, admission, statistics.
// No tensors, no clocks, no randomness of its own.

export {
  type AdvantageBatch,
  type AdvantageOptions,
  type AdvantageScale,
  type GroupSummary,
  groupAdvantages,
  type MissingPolicy,
} from "./advantage/group-advantages.js";
export { leaveOneOutAdvantages } from "./advantage/leave-one-out.js";
export { isMissing, type RewardValue } from "./advantage/reward-value.js";
export { type KlEstimator, type KlTerm, k3, klTerm, LOG_RATIO_LIMIT } from "./divergence/kl-estimators.js";
export { GrpoError, type GrpoErrorCode } from "./errors.js";
export { type GroupFilter, type GroupVerdict, judgeGroup } from "./filter/group-filter.js";
export { type Aggregation, aggregationWeights, countTokens } from "./loss/aggregation.js";
export {
  type ClipRange,
  type ClipState,
  clippedSurrogate,
  type SurrogateTerm,
} from "./loss/clipped-surrogate.js";
export {
  type CorrectionWeights,
  type ImportanceCorrection,
  importanceWeights,
} from "./loss/importance-correction.js";
export {
  type PolicyLoss,
  type PolicyLossInput,
  type PolicyLossMetrics,
  type PolicyLossOptions,
  policyLoss,
} from "./loss/policy-loss.js";
export type { TokenRows } from "./loss/token-rows.js";
export { type LogProbMismatch, logProbMismatch } from "./mismatch/log-prob-mismatch.js";
export { type CosineSchedule, cosineWithWarmup } from "./schedule/cosine-with-warmup.js";
export { type AdmissionState, admissionCapacity } from "./staleness/admission-capacity.js";
export {
  type AdmissionCounters,
  type AdmissionEvent,
  countAdmission,
} from "./staleness/admission-counters.js";
export { groupLag, isFreshEnough } from "./staleness/group-lag.js";
export { type MeanInterval, meanInterval } from "./statistics/mean-interval.js";
export {
  clusteredMean,
  type PairedDifference,
  type PairedPrompt,
  pairedBootstrap,
  type RandomSource,
} from "./statistics/paired-bootstrap.js";
