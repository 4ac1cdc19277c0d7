// Token losses: log-probabilities, cross-entropy, entropy, whole or in chunks.
export {
  type ChunkedOptions,
  chunkedLogProb,
  chunkedLogProbAndEntropy,
} from "./chunked-log-prob.js";
export { crossEntropy, entropyOf, logProbOf } from "./log-prob.js";
export { type LogProbAndEntropy, logProbAndEntropy } from "./log-prob-and-entropy.js";
