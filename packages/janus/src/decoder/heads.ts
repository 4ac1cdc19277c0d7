// The two output heads: lm_head for chain tokens, gen_head for image tokens. Each has a softmax of its own.
import { linear, type Params, type tf } from "@easel/engine";
import { gelu } from "./gelu.js";

/**
 * Logits over the text vocabulary.
 *
 * @param hidden `[..., hidden]` after the final norm
 * @returns `[..., vocabulary]`
 */
export function textLogits(params: Params, hidden: tf.Tensor): tf.Tensor {
  return linear(params, "language_model.lm_head", hidden);
}

/**
 * Logits over the image codes.
 *
 * @param hidden `[..., hidden]` after the final norm
 * @returns `[..., codes]`
 */
export function imageLogits(params: Params, hidden: tf.Tensor): tf.Tensor {
  const inner = gelu(linear(params, "gen_head.output_mlp_projector", hidden));
  return linear(params, "gen_head.vision_head", inner);
}
