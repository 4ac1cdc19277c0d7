// Classifier-free guidance on logits, and the choice whether gradients reach the unconditional row.
import { tf } from "@easel/engine";

/** `full`: gradients reach both rows; `stop`: only the conditional row. */
export type UncondGrad = "full" | "stop";

/**
 * `uncond + scale * (cond - uncond)`, in float32 as sampled.
 *
 * @param scale guidance scale; above 1 it sharpens towards the condition
 */
export function mixGuidance(cond: tf.Tensor, uncond: tf.Tensor, scale: number): tf.Tensor {
  return tf.add(uncond, tf.mul(tf.sub(cond, uncond), scale));
}
