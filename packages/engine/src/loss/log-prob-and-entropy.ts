// Log-probabilities of chosen tokens and the entropy of their distributions in one go, from logits that are held whole.
// Half the passes over the logits that logProbOf and entropyOf take one after the other.
import { tf } from "../tf.js";
import { pick } from "./log-prob.js";

/** Both `[N]`, in nats. */
export type LogProbAndEntropy = { readonly logProb: tf.Tensor1D; readonly entropy: tf.Tensor1D };

/**
 * `log softmax(logits)[target]` and the entropy of `softmax(logits)`, float32. The log-probability is differentiable
 * once; no gradient flows through the entropy.
 * @param logits finite, `[N, V]`
 * @param targets int32 `[N]`, each in [0, V): out of range is an error or garbage, by backend
 */
export function logProbAndEntropy(logits: tf.Tensor, targets: tf.Tensor): LogProbAndEntropy {
  const vocabulary = logits.shape.at(-1) ?? 0;
  const both = tf.customGrad((logitsIn, saveIn) => {
    const x = logitsIn as tf.Tensor;
    const shifted = tf.sub(x, tf.max(x, -1, true));
    const unnormalised = tf.exp(shifted);
    const total = tf.sum(unnormalised, -1);
    const logTotal = tf.log(total);
    const entropy = tf.sub(logTotal, tf.div(tf.sum(tf.mul(unnormalised, shifted), -1), total));
    const logProb = tf.sub(pick(shifted, targets), logTotal);
    (saveIn as tf.GradSaveFunc)([unnormalised, total, targets]);
    return { value: tf.stack([logProb, entropy], 0), gradFunc };
  });
  // d log p[t] / d logits = one-hot(t) - softmax
  function gradFunc(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor {
    const [unnormalised, total, chosen] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
    const ofLogProb = tf.slice(dy, [0, 0], [1, -1]).as1D();
    const oneHot = tf.oneHot(chosen.toInt(), vocabulary, 1, 0, "float32");
    return tf.sub(
      tf.mul(oneHot, ofLogProb.expandDims(1)),
      tf.mul(unnormalised, tf.div(ofLogProb, total).expandDims(1)),
    );
  }
  const value = both(logits);
  return {
    logProb: tf.slice(value, [0, 0], [1, -1]).as1D(),
    entropy: tf.slice(value, [1, 0], [1, -1]).as1D(),
  };
}
