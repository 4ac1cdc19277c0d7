// Log-probabilities of given targets under softmax(logits / temperature), and the entropy of that distribution.
// In float32; differentiable in the log-probabilities.
import { logProbAndEntropy, tf } from "@easel/engine";

/**
 * @param logits `[n, width]`
 * @param targets int32 `[n]` in [0, width)
 * @param temperature positive; the sampler's, or the ratio of policies is wrong
 * @returns `logProbs` and `entropy`, each `[n]`, in nats
 */
export function targetLogProbs(
  logits: tf.Tensor,
  targets: tf.Tensor,
  temperature: number,
): { readonly logProbs: tf.Tensor; readonly entropy: tf.Tensor } {
  const scaled = temperature === 1 ? logits : tf.div(logits, temperature);
  const { logProb, entropy } = logProbAndEntropy(scaled, targets);
  return { logProbs: logProb, entropy };
}
