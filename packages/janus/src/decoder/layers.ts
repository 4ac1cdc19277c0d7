// The Llama-style decoder stack of Janus: attention and SiLU MLP blocks with pre-normalisation, and the final norm.
// How a layer attends is passed in, so that training, prompts and cached decoding share the rest.
import { gatedSilu, linear, type Params, recomputed, rmsNorm, stopGradient, tf, weight } from "@easel/engine";
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

/** A layer: the residual stream after it, from the one before it. */
type Block = (x: tf.Tensor, rotary: RotaryTables, attend: Attend) => tf.Tensor;

/** What {@link decoderLayers} may be given besides. */
export type LayerOptions = {
  readonly observe?: ObserveLayer;
  /** Runs a layer, whose weights are under `path`; calls it when left out. */
  readonly runBlock?: (block: Block, path: string, x: tf.Tensor) => tf.Tensor;
};

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
  { observe, runBlock }: LayerOptions = {},
): tf.Tensor {
  const normalised = (path: string, y: tf.Tensor): tf.Tensor =>
    rmsNorm(y, weight(params, `${path}.weight`), config.rmsEps);
  let residual = x;
  for (let layer = 0; layer < config.layers; layer++) {
    const path = `${ROOT}.layers.${layer}`;
    const block: Block = (x0, tables, attendIn) => {
      const attended = normalised(`${path}.input_layernorm`, x0);
      const x1 = tf.add(x0, attentionBlock(config, params, layer, attended, tables, attendIn));
      const fed = normalised(`${path}.post_attention_layernorm`, x1);
      return tf.add(x1, mlpBlock(params, layer, fed));
    };
    residual = runBlock === undefined ? block(residual, rotary, attend) : runBlock(block, path, residual);
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
  /**
   * Activation checkpointing: keeps only the residual stream between layers for the backward pass and computes each layer
   * again there. These are the variables that are trained, by the names of weights and of adapters' matrices; one that is
   * left out gets no gradient.
   */
  readonly recompute?: Readonly<Record<string, tf.Variable>>;
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
  const rotary = rotaryTables(config, positions);
  const { observe, recompute } = options;
  const more: LayerOptions = {
    ...(observe === undefined ? {} : { observe }),
    ...(recompute === undefined ? {} : { runBlock: recomputing(config, rotary, mask, recompute) }),
  };
  return decoderLayers(config, params, x, rotary, fullAttention(config, mask), more);
}

function recomputing(
  config: LanguageConfig,
  { cos, sin }: RotaryTables,
  mask: tf.Tensor,
  trained: Readonly<Record<string, tf.Variable>>,
): NonNullable<LayerOptions["runBlock"]> {
  return (block, path, x) => {
    const own = Object.entries(trained).filter(([name]) => name.startsWith(`${path}.`));
    // Tables and mask are inputs too: what is only captured is gone by the time of the backward pass.
    const again = (x0: tf.Tensor, ...fixed: tf.Tensor[]): tf.Tensor => {
      const [c, s, m] = fixed.map((y) => stopGradient(y)) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return block(x0, { cos: c, sin: s }, fullAttention(config, m));
    };
    return recomputed(
      again as (...inputs: tf.Tensor[]) => tf.Tensor,
      [x, cos, sin, mask],
      Object.fromEntries(own),
    );
  };
}
