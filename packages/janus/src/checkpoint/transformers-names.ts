// Names of weights in the two layouts: the original one and that of the `transformers` library. Names and shapes only;
// the configs are in transformers-config.ts.

/** Beginnings of names, original and transformers; first match wins. */
const prefixes: readonly (readonly [original: string, transformers: string])[] = [
  ["language_model.model.", "model.language_model."],
  ["language_model.lm_head.", "lm_head."],
  ["gen_embed.", "model.generation_embeddings."],
  ["gen_aligner.layers.0.", "model.generation_aligner.fc1."],
  ["gen_aligner.layers.2.", "model.generation_aligner.hidden_layers.0."],
  ["gen_head.output_mlp_projector.", "model.generation_head.proj_out."],
  ["gen_head.vision_head.", "model.generation_head.vision_head."],
  ["gen_vision_model.", "model.vqmodel."],
  ["vision_model.vision_tower.patch_embed.proj.", "model.vision_model.embeddings.patch_embedding."],
  ["vision_model.vision_tower.pos_embed", "model.vision_model.embeddings.position_embedding.weight"],
  ["vision_model.vision_tower.norm.", "model.vision_model.post_layernorm."],
  ["vision_model.vision_tower.blocks.", "model.vision_model.encoder.layers."],
  ["vision_model.", "model.vision_model."],
  ["aligner.layers.0.", "model.aligner.fc1."],
  ["aligner.layers.2.", "model.aligner.hidden_layers.0."],
  ["aligner.", "model.aligner."],
];

const codecParts: readonly (readonly [original: string, transformers: string])[] = [
  [".encoder.conv_blocks.", ".encoder.down."],
  [".decoder.conv_blocks.", ".decoder.up."],
  [".mid.0.", ".mid.block_1."],
  [".mid.1.", ".mid.attn_1."],
  [".mid.2.", ".mid.block_2."],
  [".res.", ".block."],
];

const towerParts: readonly (readonly [original: string, transformers: string])[] = [
  [".attn.proj.", ".self_attn.projection_layer."],
  [".attn.qkv.", ".self_attn.qkv."],
  [".norm1.", ".layer_norm1."],
  [".norm2.", ".layer_norm2."],
];

/** Rows `part / parts` to `(part + 1) / parts` of a weight: the library splits what the original keeps in one. */
export type WeightPart = {
  readonly name: string;
  readonly part: number;
  readonly parts: number;
};

const attentionParts: readonly string[] = ["q_proj", "k_proj", "v_proj"];

function whole(name: string): WeightPart {
  return { name, part: 0, parts: 1 };
}

function partsOf(prefix: string): readonly (readonly [string, string])[] {
  if (prefix === "gen_vision_model.") return codecParts;
  return prefix === "vision_model.vision_tower.blocks." ? towerParts : [];
}

/**
 * Where a weight of the library's layout belongs in the original one. A name without a counterpart stays as it is.
 */
export function originalPart(name: string): WeightPart {
  const rule = prefixes.find(([, from]) => name.startsWith(from));
  if (rule === undefined) return whole(name);
  const [to, from] = rule;
  let renamed = to + name.slice(from.length);
  for (const [original, transformers] of partsOf(to)) renamed = renamed.replace(transformers, original);
  const third = to.endsWith(".blocks.") ? /\.self_attn\.([qkv]_proj)\./.exec(renamed)?.[1] : undefined;
  if (third === undefined) return whole(renamed);
  const part = attentionParts.indexOf(third);
  return { name: renamed.replace(`.self_attn.${third}.`, ".attn.qkv."), part, parts: 3 };
}

/** The original-layout name of a weight; a name without a counterpart stays as it is. */
export function originalName(name: string): string {
  return originalPart(name).name;
}

/**
 * The weights of the library's layout that hold a weight of the original one, in row order: one, three, or none for
 * what the library has no place for (the tower's pooling, a training counter of the codec, written-out rotary tables).
 */
export function transformersParts(name: string): readonly string[] {
  const isDropped =
    name.endsWith(".quantize.codebook_used") ||
    name.endsWith(".rotary_emb.inv_freq") ||
    name.startsWith("vision_model.vision_tower.attn_pool.");
  if (isDropped) return [];
  const rule = prefixes.find(([from]) => name.startsWith(from));
  if (rule === undefined) return [name];
  const [from, to] = rule;
  let renamed = to + name.slice(from.length);
  for (const [original, transformers] of partsOf(from)) renamed = renamed.replace(original, transformers);
  if (!renamed.includes(".self_attn.qkv.")) return [renamed];
  return attentionParts.map((part) => renamed.replace(".qkv.", `.${part}.`));
}

/** The library's name of a weight that it has in one piece, as it has all that Easel computes with. */
export function transformersName(name: string): string {
  return transformersParts(name)[0] ?? name;
}

/** The library's name of a layer that an adapter covers, such as `language_model.model.layers.0.self_attn.q_proj`. */
export function transformersPath(path: string): string {
  return transformersName(`${path}.weight`).slice(0, -".weight".length);
}
