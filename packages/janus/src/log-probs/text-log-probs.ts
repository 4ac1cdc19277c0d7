// Log-probs of chain tokens from decoder states. Where tokens times vocabulary is large, the logits of a few tokens at a
// time: those of all tokens, 102,400 wide in Janus-Pro, never exist at once, neither forward nor backward.
import {
  adapterScale,
  chunkedLogProbAndEntropy,
  effectiveTokenRows,
  type Params,
  tf,
  weight,
} from "@easel/engine";
import { textLogits } from "../decoder/heads.js";
import { targetLogProbs } from "./target-log-probs.js";
import type { Truncation } from "./truncation.js";

/** Logits that may exist at once: 64 MiB in float32. Below it whole logits are as small and take one product less. */
export const largestTextLogits = 2 ** 24;

/** The path of the text head's linear layer. */
const HEAD = "language_model.lm_head";

/** Text tokens whose logits are computed at once; all of them where that is small. Pure. */
export function textChunk(tokens: number, vocabulary: number): number {
  if (tokens * vocabulary <= largestTextLogits) return Math.max(1, tokens);
  return Math.max(1, Math.floor(largestTextLogits / vocabulary));
}

/** The weight of the text head with its adapters' pairs in it, and whether anything in it is trained. */
function effectiveHead(params: Params): { readonly weight: tf.Tensor; readonly isTrained: boolean } {
  let effective = weight(params, `${HEAD}.weight`);
  let isTrained = effective instanceof tf.Variable;
  for (const adapter of params.adapters ?? []) {
    const pair = adapter.pairs[HEAD];
    if (pair === undefined) continue;
    effective = tf.add(effective, tf.mul(tf.matMul(pair.b, pair.a), adapterScale(adapter)));
    isTrained = true;
  }
  return { weight: effective, isTrained };
}

/**
 * Log-probs of targets under the text head at a temperature, and entropies.
 *
 * @param states `[text, hidden]` after the final norm
 * @param targets int32 `[text]`
 * @param truncation a distribution that is cut down needs all its logits: chunks are then left out. Training has no such setting.
 * @returns `logProbs` and `entropy`, each `[text]`, in nats
 */
export function textLogProbs(
  params: Params,
  states: tf.Tensor,
  targets: tf.Tensor,
  temperature: number,
  truncation?: Truncation,
): { readonly logProbs: tf.Tensor; readonly entropy: tf.Tensor } {
  const tokens = states.shape[0] ?? 0;
  const chunk = textChunk(tokens, weight(params, `${HEAD}.weight`).shape[0] ?? 0);
  if (chunk >= tokens || truncation !== undefined) {
    return targetLogProbs(textLogits(params, states), targets, temperature, truncation);
  }
  const head = effectiveHead(params);
  const bias = params.weights[`${HEAD}.bias`];
  const { logProb, entropy } = chunkedLogProbAndEntropy(states, head.weight, targets, chunk, {
    temperature,
    weightGradient: head.isTrained,
    tokenRows: effectiveTokenRows(params, HEAD),
    ...(bias === undefined ? {} : { bias }),
  });
  return { logProbs: logProb, entropy };
}
