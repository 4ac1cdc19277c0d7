// Packing sequences, their token log-probs, and the supervised loss.
export { mixGuidance, type UncondGrad } from "./guidance.js";
export { type PackedSequences, type PackOptions, packSequences, type SequenceRow } from "./pack-sequences.js";
export { type PackedTensors, packedTensors } from "./packed-tensors.js";
export {
  type PartWeights,
  type SequenceLoss,
  type SequenceLossOptions,
  sequenceLoss,
} from "./sequence-loss.js";
export { largestTextLogits, textChunk } from "./text-log-probs.js";
export { type TokenLogProbs, type TokenLogProbsOptions, tokenLogProbs } from "./token-log-probs.js";
export type { HeadTruncation, Truncation } from "./truncation.js";
