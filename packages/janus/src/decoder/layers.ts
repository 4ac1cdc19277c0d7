// The Llama-style decoder stack of Janus: attention and SiLU MLP blocks with pre-normalisation, and the final norm.
// How a layer attends is passed in, so that training, prompts and cached decoding share the rest.
import { gatedSilu, linear, type Params, rmsNorm, tf, weight } from "@easel/engine";
import type { LanguageConfig } from "../config.js";
import { type Attend, causalMask, fullAttention } from "./attention.js";
import { applyRotary, type RotaryTables, rotaryTables } from "./rotary.js";

const ROOT = "language_model.model";

function attentionBlock(
  config: LanguageConfig,
  params: Params,
  layer: number,
  x: tf.Tensor,
  rotary: RotaryTables,
  attend: Attend,
): tf.Tensor {
  const path = `${ROOT}.layers.${layer}.self_attn`;
  const outer = x.shape.slice(0, -1);
  const heads = (name: string, count: number): tf.Tensor =>
    tf.reshape(linear(params, `${path}.${name}`, x), [...outer, count, config.headDim]);
  const q = applyRotary(heads("q_proj", config.heads), rotary);
  const k = applyRotary(heads("k_proj", config.kvHeads), rotary);
  const v = heads("v_proj", config.kvHeads);
  const context = tf.reshape(attend(layer, q, k, v), [...outer, config.heads * config.headDim]);
  return linear(params, `${path}.o_proj`, context);
}

function mlpBlock(params: Params, layer: number, x: tf.Tensor): tf.Tensor {
  const path = `${ROOT}.layers.${layer}.mlp`;
  const gate = linear(params, `${path}.gate_proj`, x);
  const up = linear(params, `${path}.up_proj`, x);
  return linear(params, `${path}.down_proj`, gatedSilu(gate, up));
}

/** Sees the residual stream `[..., hidden]` after each layer, before the final norm. */
export type ObserveLayer = (layer: number, residual: tf.Tensor) => void;

/**
 * Runs all layers and the final norm.
 *
 * @param x input embeddings `[batch, seq, hidden]`
 * @param rotary tables broadcastable over `[batch, seq, heads, headDim]`
 * @returns `[batch, seq, hidden]`, what both heads read
 */
export function decoderLayers(
  config: LanguageConfig,
  params: Params,
  x: tf.Tensor,
  rotary: RotaryTables,
  attend: Attend,
  observe?: ObserveLayer,
): tf.Tensor {
  const normalised = (path: string, y: tf.Tensor): tf.Tensor =>
    rmsNorm(y, weight(params, `${path}.weight`), config.rmsEps);
  let residual = x;
  for (let layer = 0; layer < config.layers; layer++) {
    const path = `${ROOT}.layers.${layer}`;
    const attended = normalised(`${path}.input_layernorm`, residual);
    residual = tf.add(residual, attentionBlock(config, params, layer, attended, rotary, attend));
    const fed = normalised(`${path}.post_attention_layernorm`, residual);
    residual = tf.add(residual, mlpBlock(params, layer, fed));
    observe?.(layer, residual);
  }
  return normalised(`${ROOT}.norm`, residual);
}

/** Options of {@link decoderForward}. */
export type DecoderForwardOptions = {
  /** int32 `[seq]` or `[batch, seq]`; 0, 1, 2, ... when left out. */
  readonly positions?: tf.Tensor;
  /** Additive mask broadcastable to `[batch, heads, seq, seq]`; causal when left out. */
  readonly mask?: tf.Tensor;
  readonly observe?: ObserveLayer;
};

/**
 * The decoder over whole sequences.
 *
 * @param x input embeddings `[batch, seq, hidden]`
 * @returns `[batch, seq, hidden]` after the final norm
 */
export function decoderForward(
  config: LanguageConfig,
  params: Params,
  x: tf.Tensor,
  options: DecoderForwardOptions = {},
): tf.Tensor {
  const seq = x.shape[1] ?? 0;
  const positions = options.positions ?? tf.range(0, seq, 1, "int32");
  const mask = options.mask ?? causalMask(seq);
  const attend = fullAttention(config, mask);
  return decoderLayers(config, params, x, rotaryTables(config, positions), attend, options.observe);
}
