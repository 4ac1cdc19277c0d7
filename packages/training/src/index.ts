// Training loops over the model: the VQ codec, SFT, the policy update; and the measurements that go with them.
export { TrainingError } from "./errors.js";
export { ceilingSamples } from "./evaluation/ceiling.js";
export {
  type Comparison,
  compare,
  compareSkills,
  type PromptPair,
  pairByPrompt,
  type SkillComparison,
} from "./evaluation/compare.js";
export { type EvaluatedSample, type EvaluationOptions, evaluate } from "./evaluation/evaluate.js";
export {
  type EvaluationSummary,
  type Interval,
  MEASURES,
  type Measure,
  measureOf,
  summarise,
} from "./evaluation/summarise.js";
export { imagesToTensor, levelsToImages } from "./images-to-tensor.js";
export { type CodecRecord, makeCodec, readCodec } from "./nano/make-codec.js";
export { nanoConfig, newNanoModel, trainNanoDecoder } from "./nano/make-decoder.js";
export { nanoTokenizer } from "./nano/nano-tokenizer.js";
export { type SftRecipe, type SftStage, sftRecipeSchema } from "./nano/sft-recipe.js";
export { compileVqRecipe, type VqRecipe, vqRecipeSchema } from "./nano/vq-recipe.js";
export { type AdapterSettings, loadPolicy, type WeightStorage } from "./policy/load-policy.js";
export {
  createPictureDecoder,
  type PictureDecoder,
  type PictureDecoderOptions,
} from "./policy/picture-decoder.js";
export { type PolicyObjectiveOptions, policyObjective } from "./policy/policy-objective.js";
export { promptBucket } from "./policy/prompt-bucket.js";
export { createTensorPolicyLearner, type TensorLearnerOptions } from "./policy/tensor-policy-learner.js";
export {
  createDrawing,
  createTensorRolloutPolicy,
  type Drawing,
  type DrawingOptions,
  type DrawnSample,
  type TensorRolloutOptions,
} from "./policy/tensor-rollout-policy.js";
export {
  isPolicyWeight,
  type PolicyMode,
  type TrainablePolicy,
  trainablePolicy,
} from "./policy/trainable-policy.js";
export type {
  PolicyLearner,
  RolloutPolicy,
  RolloutRequest,
  RolloutSample,
  RolloutSampling,
  TrainingRow,
  UpdateMetrics,
  WeightFiles,
} from "./policy/types.js";
export { type CodeCache, type CodeScope, openCodeCache } from "./sft/code-cache.js";
export { isHeldOut } from "./sft/held-out.js";
export type { HeldOutLoss } from "./sft/held-out-loss.js";
export type { PictureRow } from "./sft/packed-rows.js";
export { codecDigest, createPictureEncoder, type PictureEncoder } from "./sft/picture-encoder.js";
export {
  type PicturePreparation,
  type PictureRows,
  type PictureTools,
  picturesToRows,
} from "./sft/picture-examples.js";
export { countFaults, type ExampleFault, type RefusedExample } from "./sft/picture-faults.js";
export { pictureRevision } from "./sft/picture-file.js";
export { type PicturePolicy, picturePolicies } from "./sft/picture-placement.js";
export {
  type PictureHooks,
  type PictureModel,
  type PictureSchedule,
  type PictureTraining,
  trainOnPictures,
} from "./sft/picture-training.js";
export { sequencesOf } from "./sft/sft-examples.js";
export { totalSteps } from "./sft/sft-schedule.js";
export { hasSftState } from "./sft/sft-state.js";
export { type SftProgress, type SftTraining, trainSft } from "./sft/sft-trainer.js";
export { type SupervisedAdapter, type SupervisedModel, supervisedModel } from "./sft/supervised-model.js";
export { type VqQuality, vqQuality } from "./vq/vq-quality.js";
export { trainVq, type VqProgress, type VqTraining } from "./vq/vq-trainer.js";
