// The layout of the `transformers` library (`model_type` "janus"), translated to the original one. Reading only.

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a parsed config.json is in the layout of the `transformers` library. */
export function isTransformersConfig(value: unknown): value is Json {
  return isObject(value) && value.model_type === "janus";
}

/** What the library means by keys it leaves out of a saved codec config. */
const codecDefaults = {
  embed_dim: 8,
  num_embeddings: 16384,
  latent_channels: 256,
  base_channels: 128,
  channel_multiplier: [1, 1, 2, 2, 4],
  num_res_blocks: 2,
  projection_dim: 2048,
  image_token_embed_dim: 2048,
  num_patches: 24,
} as const;

/**
 * The same config in the original layout, to be parsed as such. One `projection_dim` serves aligner and head there,
 * and the rotary base may sit under `rope_parameters`.
 */
export function originalConfig(value: Json): Json {
  const text: Json = isObject(value.text_config) ? value.text_config : {};
  const rope: Json = isObject(text.rope_parameters) ? text.rope_parameters : {};
  const codec: Json = { ...codecDefaults, ...(isObject(value.vq_config) ? value.vq_config : {}) };
  const levels = Array.isArray(codec.channel_multiplier) ? codec.channel_multiplier.length : 1;
  const gridSide = typeof codec.num_patches === "number" ? codec.num_patches : codecDefaults.num_patches;
  return {
    model_type: "multi_modality",
    language_config: { ...text, rope_theta: text.rope_theta ?? rope.rope_theta },
    gen_vision_config: {
      params: {
        image_token_size: codec.num_embeddings,
        n_embed: codec.embed_dim,
        ch: codec.base_channels,
        ch_mult: codec.channel_multiplier,
        num_res_blocks: codec.num_res_blocks,
        z_channels: codec.latent_channels,
        image_size: gridSide * 2 ** (levels - 1),
      },
    },
    gen_aligner_config: { params: { depth: 2, input_dim: codec.embed_dim, n_embed: codec.projection_dim } },
    gen_head_config: {
      params: {
        image_token_embed: codec.image_token_embed_dim,
        image_token_size: codec.num_embeddings,
        n_embed: codec.projection_dim,
      },
    },
  };
}

/** Renamed beginnings of weight names, first match wins. */
const prefixes: readonly (readonly [string, string])[] = [
  ["model.language_model.", "language_model.model."],
  ["lm_head.", "language_model.lm_head."],
  ["model.generation_embeddings.", "gen_embed."],
  ["model.generation_aligner.fc1.", "gen_aligner.layers.0."],
  ["model.generation_aligner.hidden_layers.0.", "gen_aligner.layers.2."],
  ["model.generation_head.proj_out.", "gen_head.output_mlp_projector."],
  ["model.generation_head.vision_head.", "gen_head.vision_head."],
  ["model.vqmodel.", "gen_vision_model."],
  ["model.vision_model.", "vision_model."],
  ["model.aligner.", "aligner."],
];

/** The original-layout name of a weight; a name without a counterpart stays as it is. */
export function originalName(name: string): string {
  const rule = prefixes.find(([from]) => name.startsWith(from));
  if (rule === undefined) return name;
  const [from, to] = rule;
  const renamed = to + name.slice(from.length);
  if (to !== "gen_vision_model.") return renamed;
  return renamed
    .replace(/\.(encoder\.down|decoder\.up)\.(\d+)\.block\./, ".$1.$2.res.")
    .replace(".encoder.down.", ".encoder.conv_blocks.")
    .replace(".decoder.up.", ".decoder.conv_blocks.")
    .replace(".mid.block_1.", ".mid.0.")
    .replace(".mid.attn_1.", ".mid.1.")
    .replace(".mid.block_2.", ".mid.2.");
}
