// The config.json of the `transformers` library's Janus class (`model_type` "janus"): translated to the original one for
// reading, and written. The names of weights are in transformers-names.ts.
import type { JanusConfig } from "../config.js";
import { JanusError } from "../errors.js";
import type { TokenIds } from "../tokenizer/special-tokens.js";
import type { TowerSizes } from "./understanding-tower.js";

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
} as const;

/** Tokens per side of a picture: the library overrides the codec's own key by the tower's patches. */
function gridSideOf(value: Json, codec: Json): unknown {
  const tower: Json = isObject(value.vision_config) ? value.vision_config : {};
  const [size = 384, patch = 16] = [tower.image_size, tower.patch_size];
  if (isObject(value.vision_config) && typeof size === "number" && typeof patch === "number") {
    return Math.floor(size / patch);
  }
  return codec.num_patches ?? 24;
}

/**
 * The same config in the original layout, to be parsed as such. One `projection_dim` serves aligner and head there,
 * and the rotary base may sit under `rope_parameters`.
 */
export function originalConfig(value: Json): Json {
  const text: Json = isObject(value.text_config) ? value.text_config : {};
  const rope: Json = isObject(text.rope_parameters) ? text.rope_parameters : {};
  const codec: Json = { ...codecDefaults, ...(isObject(value.vq_config) ? value.vq_config : {}) };
  const levels = Array.isArray(codec.channel_multiplier) ? codec.channel_multiplier.length : 1;
  const gridSide = gridSideOf(value, codec);
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
        image_size: typeof gridSide === "number" ? gridSide * 2 ** (levels - 1) : gridSide,
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

/** What a config of the library says that the sizes of the model do not. */
export type TransformersExtras = {
  readonly tower: TowerSizes;
  readonly ids: TokenIds;
  /** Id of the placeholder for a picture that is looked at; a tokenizer without one has no pictures to look at. */
  readonly imagePlaceholder: number | undefined;
  readonly maxPositions: number;
  /** Type of most weights, as the library names it, e.g. "float32". */
  readonly dtype: string;
};

function refuseOtherShapes({ language, image, vq }: JanusConfig, tower: TowerSizes): void {
  const problems: string[] = [];
  if (image.headWidth !== language.hidden) {
    problems.push(`its image head is ${image.headWidth} wide and its decoder ${language.hidden}`);
  }
  if (vq.normGroups !== 32) problems.push(`its codec has ${vq.normGroups} norm groups instead of 32`);
  if (vq.attention === "none") problems.push("its codec has no attention");
  if (tower.imageSize / tower.patch !== image.gridSide) {
    const patches = tower.imageSize / tower.patch;
    problems.push(`its tower sees ${patches} patches a side and its codec makes ${image.gridSide}`);
  }
  if (problems.length === 0) return;
  throw new JanusError(
    "EASEL_JANUS_EXPORT_IMPOSSIBLE",
    `The transformers layout has no place for this model: ${problems.join("; ")}. Export it in the original layout.`,
  );
}

/**
 * The `config.json` value that makes the library's class the same model.
 *
 * @throws JanusError `EASEL_JANUS_EXPORT_IMPOSSIBLE` for sizes that the library cannot express
 */
export function writeTransformersConfig(config: JanusConfig, extras: TransformersExtras): Json {
  const { language, image, vq } = config;
  const { tower, ids, maxPositions, dtype } = extras;
  refuseOtherShapes(config, tower);
  return {
    architectures: ["JanusForConditionalGeneration"],
    model_type: "janus",
    dtype,
    // The library ties the head to the embedding unless this is said here, at the top.
    tie_word_embeddings: false,
    image_token_id: extras.imagePlaceholder ?? language.vocabulary,
    text_config: {
      model_type: "llama",
      vocab_size: language.vocabulary,
      hidden_size: language.hidden,
      intermediate_size: language.intermediate,
      num_hidden_layers: language.layers,
      num_attention_heads: language.heads,
      num_key_value_heads: language.kvHeads,
      head_dim: language.headDim,
      hidden_act: "silu",
      max_position_embeddings: maxPositions,
      rms_norm_eps: language.rmsEps,
      rope_parameters: { rope_type: "default", rope_theta: language.ropeTheta },
      // Read by versions before 5.
      rope_theta: language.ropeTheta,
      attention_bias: false,
      mlp_bias: false,
      tie_word_embeddings: false,
      bos_token_id: ids.begin,
      eos_token_id: ids.end,
      pad_token_id: ids.pad,
    },
    vision_config: {
      model_type: "janus_vision_model",
      hidden_size: tower.hidden,
      num_hidden_layers: tower.layers,
      num_attention_heads: tower.heads,
      patch_size: tower.patch,
      image_size: tower.imageSize,
      mlp_ratio: tower.intermediate / tower.hidden,
      projection_dim: language.hidden,
      depth: 2,
      // Also how many image tokens the library draws.
      num_image_tokens: image.tokens,
    },
    vq_config: {
      model_type: "janus_vqgan",
      embed_dim: vq.codeWidth,
      num_embeddings: vq.codes,
      latent_channels: vq.latentChannels,
      base_channels: vq.channels,
      channel_multiplier: [...vq.multipliers],
      num_res_blocks: vq.resBlocks,
      num_patches: image.gridSide,
      num_hidden_layers: 2,
      projection_dim: language.hidden,
      image_token_embed_dim: image.headWidth,
    },
  };
}

/** The `generation_config.json` value: without it the library finds neither the switch token nor the guidance. */
export function writeGenerationConfig(ids: TokenIds): Json {
  return {
    bos_token_id: ids.begin,
    eos_token_id: ids.end,
    pad_token_id: ids.pad,
    generation_kwargs: { boi_token_id: ids.beginImage },
    guidance_scale: 5.0,
  };
}
