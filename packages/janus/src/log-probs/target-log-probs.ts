// Log-probabilities of given targets under softmax(logits / temperature), truncated where asked, and its entropy.
// In float32; differentiable in the log-probabilities.
import { logProbAndEntropy, tf } from "@easel/engine";
import { type Truncation, truncatedLogits } from "./truncation.js";

/**
 * @param logits `[n, width]`
 * @param targets int32 `[n]` in [0, width)
 * @param temperature positive; the sampler's, or the ratio of policies is wrong
 * @param truncation the sampler's as well; a target that is not kept has log-prob about -1e30
 * @returns `logProbs` and `entropy`, each `[n]`, in nats
 */
export function targetLogProbs(
  logits: tf.Tensor,
  targets: tf.Tensor,
  temperature: number,
  truncation: Truncation = {},
): { readonly logProbs: tf.Tensor; readonly entropy: tf.Tensor } {
  const scaled = temperature === 1 ? logits : tf.div(logits, temperature);
  const { logProb, entropy } = logProbAndEntropy(truncatedLogits(scaled, truncation), targets);
  return { logProbs: logProb, entropy };
}
