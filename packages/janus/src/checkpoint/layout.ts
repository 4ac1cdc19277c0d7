// Names and shapes of all stored weights of a Janus model in the original layout, by part.
import type { JanusConfig } from "../config.js";
import { vqLayout, type WeightShapes } from "../vq/layout.js";

/**
 * The parts of a model that can be loaded without the others. The understanding tower is none of them: drawing does
 * not use it. The codebook comes with either half of the codec.
 */
export const modelParts = ["language", "image", "vq-encoder", "vq-decoder"] as const;

/** One of {@link modelParts}. */
export type ModelPart = (typeof modelParts)[number];

function languageShapes(config: JanusConfig): WeightShapes {
  const { hidden, layers, heads, kvHeads, headDim, intermediate, vocabulary } = config.language;
  const shapes = new Map<string, readonly number[]>();
  const root = "language_model.model";
  shapes.set(`${root}.embed_tokens.weight`, [vocabulary, hidden]);
  for (let layer = 0; layer < layers; layer += 1) {
    const path = `${root}.layers.${layer}`;
    shapes.set(`${path}.input_layernorm.weight`, [hidden]);
    shapes.set(`${path}.self_attn.q_proj.weight`, [heads * headDim, hidden]);
    shapes.set(`${path}.self_attn.k_proj.weight`, [kvHeads * headDim, hidden]);
    shapes.set(`${path}.self_attn.v_proj.weight`, [kvHeads * headDim, hidden]);
    shapes.set(`${path}.self_attn.o_proj.weight`, [hidden, heads * headDim]);
    shapes.set(`${path}.post_attention_layernorm.weight`, [hidden]);
    shapes.set(`${path}.mlp.gate_proj.weight`, [intermediate, hidden]);
    shapes.set(`${path}.mlp.up_proj.weight`, [intermediate, hidden]);
    shapes.set(`${path}.mlp.down_proj.weight`, [hidden, intermediate]);
  }
  shapes.set(`${root}.norm.weight`, [hidden]);
  shapes.set("language_model.lm_head.weight", [vocabulary, hidden]);
  return shapes;
}

function imageShapes(config: JanusConfig): WeightShapes {
  const { hidden } = config.language;
  const { codes, codeWidth, headWidth } = config.image;
  return new Map<string, readonly number[]>([
    ["gen_embed.weight", [codes, codeWidth]],
    ["gen_aligner.layers.0.weight", [hidden, codeWidth]],
    ["gen_aligner.layers.0.bias", [hidden]],
    ["gen_aligner.layers.2.weight", [hidden, hidden]],
    ["gen_aligner.layers.2.bias", [hidden]],
    ["gen_head.output_mlp_projector.weight", [headWidth, hidden]],
    ["gen_head.output_mlp_projector.bias", [headWidth]],
    ["gen_head.vision_head.weight", [codes, headWidth]],
    ["gen_head.vision_head.bias", [codes]],
  ]);
}

/** Names and shapes of the stored weights of some parts (all by default). */
export function janusLayout(config: JanusConfig, parts: readonly ModelPart[] = modelParts): WeightShapes {
  const vq = vqLayout(config.vq);
  const wanted = new Set(parts);
  const shapes = new Map<string, readonly number[]>();
  const add = (list: WeightShapes): void => {
    for (const [name, shape] of list) shapes.set(name, shape);
  };
  if (wanted.has("language")) add(languageShapes(config));
  if (wanted.has("image")) add(imageShapes(config));
  if (wanted.has("vq-encoder")) add(vq.encoder);
  if (wanted.has("vq-decoder")) add(vq.decoder);
  if (wanted.has("vq-encoder") || wanted.has("vq-decoder")) add(vq.codebook);
  return shapes;
}

/**
 * Whether a stored name is known and deliberately unused: the understanding tower, a usage counter of the codec's
 * training, and the rotary tables that old exports wrote out.
 */
export function isIgnored(name: string): boolean {
  return (
    name.startsWith("vision_model.") ||
    name.startsWith("aligner.") ||
    name.endsWith(".quantize.codebook_used") ||
    name.endsWith(".rotary_emb.inv_freq")
  );
}
