// The sizes of a Janus model, read from and written to the `config.json` of the original `multi_modality`
// layout. Token ids are not here: they are looked up by string in the tokenizer.
import { JanusError } from "./errors.js";

/** Sizes of the Llama-style decoder. */
export type LanguageConfig = {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  /** Rows of the embedding and of lm_head; may exceed the number of tokens of the tokenizer. */
  readonly vocabulary: number;
  readonly ropeTheta: number;
  readonly rmsEps: number;
};

/** Sizes of the image side of the decoder: code table, number of image tokens, image head. */
export type ImageConfig = {
  readonly codes: number;
  readonly codeWidth: number;
  /** Image tokens per picture, `gridSide * gridSide`. */
  readonly tokens: number;
  readonly gridSide: number;
  /** Pixels per side of the square picture. */
  readonly imageSize: number;
  /** Inner width of gen_head. */
  readonly headWidth: number;
};

/** Where the VQ codec attends: in the lowest level and the middle (the original), or nowhere. */
export type VqAttention = "lowest-and-mid" | "none";

/** Sizes of the VQ-16 codec. */
export type VqConfig = {
  readonly channels: number;
  /** Width multipliers of the levels, highest resolution first; each step between levels halves the side. */
  readonly multipliers: readonly number[];
  /** Residual blocks of an encoder level; a decoder level has one more. */
  readonly resBlocks: number;
  readonly latentChannels: number;
  readonly codes: number;
  readonly codeWidth: number;
  readonly normGroups: number;
  readonly attention: VqAttention;
};

/** All sizes of one model. Frozen. */
export type JanusConfig = {
  readonly language: LanguageConfig;
  readonly image: ImageConfig;
  readonly vq: VqConfig;
};

type Json = Readonly<Record<string, unknown>>;

/** The original code hard-codes these, so a released checkpoint does not state them. */
const defaults = {
  ropeTheta: 10000,
  rmsEps: 1e-6,
  channels: 128,
  multipliers: [1, 1, 2, 2, 4],
  resBlocks: 2,
  latentChannels: 256,
  normGroups: 32,
  imageSize: 384,
} as const;

/** Far above any model; see {@link countAtMost}. */
const mostLayers = 1024;
const mostResBlocks = 64;
const mostLevels = 16;
/** Image tokens a side: 2048 pixels at the usual 16 a token. Everything of a sample is laid out for all of them. */
const mostGridSide = 128;

function invalid(key: string, problem: string): JanusError {
  return new JanusError(
    "EASEL_JANUS_CONFIG_INVALID",
    `config.json: "${key}" ${problem}. Correct that key or use the config.json that came with the weights.`,
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads typed values below one key path of a JSON object, naming the full path in errors. */
function section(parent: Json, path: string, key: string): { readonly json: Json; readonly path: string } {
  const json = parent[key];
  const full = path === "" ? key : `${path}.${key}`;
  if (!isObject(json)) throw invalid(full, json === undefined ? "is missing" : "must be an object");
  return { json, path: full };
}

type Section = ReturnType<typeof section>;

function positive(at: Section, key: string, fallback?: number): number {
  const value = at.json[key] ?? fallback;
  const full = `${at.path}.${key}`;
  if (value === undefined) throw invalid(full, "is missing");
  if (typeof value !== "number" || !(value > 0) || !Number.isFinite(value)) {
    throw invalid(full, `must be a positive number, found ${JSON.stringify(value)}`);
  }
  return value;
}

function count(at: Section, key: string, fallback?: number): number {
  const value = positive(at, key, fallback);
  if (!Number.isInteger(value)) throw invalid(`${at.path}.${key}`, `must be a whole number, found ${value}`);
  return value;
}

/** A count of parts that are listed one by one: a claim of billions must not become a list. */
function countAtMost(at: Section, key: string, most: number, fallback?: number): number {
  const value = count(at, key, fallback);
  if (value > most) throw invalid(`${at.path}.${key}`, `is ${value}; more than ${most} are not supported`);
  return value;
}

function counts(at: Section, key: string, fallback: readonly number[]): readonly number[] {
  const value = at.json[key] ?? fallback;
  if (Array.isArray(value) && value.length > mostLevels) {
    throw invalid(
      `${at.path}.${key}`,
      `has ${value.length} entries; more than ${mostLevels} are not supported`,
    );
  }
  const good = Array.isArray(value) && value.length > 0 && value.every((n) => Number.isInteger(n) && n > 0);
  if (!good) throw invalid(`${at.path}.${key}`, "must be a list of positive whole numbers");
  return Object.freeze([...(value as readonly number[])]);
}

function agree(path: string, found: number, with_: string, expected: number): void {
  if (found !== expected) throw invalid(path, `is ${found} but ${with_} is ${expected}; they must be equal`);
}

function parseLanguage(at: Section): LanguageConfig {
  const hidden = count(at, "hidden_size");
  const heads = count(at, "num_attention_heads");
  const kvHeads = count(at, "num_key_value_heads", heads);
  const headDim = count(at, "head_dim", hidden / heads);
  if (heads % kvHeads !== 0) {
    throw invalid(`${at.path}.num_key_value_heads`, `is ${kvHeads} and does not divide the ${heads} heads`);
  }
  if (headDim % 2 !== 0)
    throw invalid(`${at.path}.head_dim`, `is ${headDim}; rotary positions need an even one`);
  if (at.json.tie_word_embeddings === true) {
    throw invalid(`${at.path}.tie_word_embeddings`, "is true; Janus has an lm_head of its own");
  }
  if (at.json.rope_scaling !== undefined && at.json.rope_scaling !== null) {
    throw invalid(`${at.path}.rope_scaling`, "is set; Janus uses plain rotary positions");
  }
  return Object.freeze({
    hidden,
    layers: countAtMost(at, "num_hidden_layers", mostLayers),
    heads,
    kvHeads,
    headDim,
    intermediate: count(at, "intermediate_size"),
    vocabulary: count(at, "vocab_size"),
    ropeTheta: positive(at, "rope_theta", defaults.ropeTheta),
    rmsEps: positive(at, "rms_norm_eps", defaults.rmsEps),
  });
}

function parseVq(at: Section): VqConfig {
  const attention = at.json.attention ?? "lowest-and-mid";
  if (attention !== "lowest-and-mid" && attention !== "none") {
    throw invalid(`${at.path}.attention`, 'must be "lowest-and-mid" or "none"');
  }
  const channels = count(at, "ch", defaults.channels);
  const normGroups = count(at, "norm_groups", defaults.normGroups);
  if (channels % normGroups !== 0) {
    throw invalid(`${at.path}.ch`, `is ${channels} and cannot be split into ${normGroups} norm groups`);
  }
  return Object.freeze({
    channels,
    multipliers: counts(at, "ch_mult", defaults.multipliers),
    resBlocks: countAtMost(at, "num_res_blocks", mostResBlocks, defaults.resBlocks),
    latentChannels: count(at, "z_channels", defaults.latentChannels),
    codes: count(at, "image_token_size"),
    codeWidth: count(at, "n_embed"),
    normGroups,
    attention,
  });
}

/**
 * Parses the value of a `config.json` in the original `multi_modality` layout.
 *
 * Absent keys mean what they mean there: Llama defaults (theta 10000, eps 1e-6, untied head), VQ-16 sizes (128,
 * [1,1,2,2,4], 2, 256) and 384 px pictures. Small models state them, and may add `norm_groups`, `attention` and
 * `image_size` under `gen_vision_config.params`.
 *
 * @param value the parsed JSON
 * @param options `imageSize`: picture side in pixels where the file leaves it out or to decode another size
 * @throws JanusError `EASEL_JANUS_CONFIG_INVALID` naming the key
 */
export function parseConfig(value: unknown, options: { readonly imageSize?: number } = {}): JanusConfig {
  if (!isObject(value)) throw invalid("(whole file)", "must be a JSON object");
  if (value.model_type !== "multi_modality") {
    throw invalid("model_type", `must be "multi_modality", found ${JSON.stringify(value.model_type)}`);
  }
  const language = parseLanguage(section(value, "", "language_config"));
  const vision = section(value, "", "gen_vision_config");
  const visionParams = section(vision.json, vision.path, "params");
  const vq = parseVq(visionParams);
  const aligner = section(value, "", "gen_aligner_config");
  const alignerParams = section(aligner.json, aligner.path, "params");
  const head = section(value, "", "gen_head_config");
  const headParams = section(head.json, head.path, "params");

  agree(
    `${alignerParams.path}.input_dim`,
    count(alignerParams, "input_dim"),
    `${visionParams.path}.n_embed`,
    vq.codeWidth,
  );
  agree(`${alignerParams.path}.n_embed`, count(alignerParams, "n_embed"), "hidden_size", language.hidden);
  agree(`${alignerParams.path}.depth`, count(alignerParams, "depth", 2), "the only supported depth", 2);
  agree(`${headParams.path}.n_embed`, count(headParams, "n_embed"), "hidden_size", language.hidden);
  agree(
    `${headParams.path}.image_token_size`,
    count(headParams, "image_token_size"),
    `${visionParams.path}.image_token_size`,
    vq.codes,
  );

  const imageSize = options.imageSize ?? count(visionParams, "image_size", defaults.imageSize);
  const factor = 2 ** (vq.multipliers.length - 1);
  if (!Number.isInteger(imageSize / factor) || imageSize <= 0) {
    throw invalid(
      `${visionParams.path}.image_size`,
      `is ${imageSize}, not a multiple of the codec's factor ${factor}`,
    );
  }
  const gridSide = imageSize / factor;
  if (gridSide > mostGridSide) {
    throw invalid(
      `${visionParams.path}.image_size`,
      `is ${imageSize}, ${gridSide} image tokens a side; more than ${mostGridSide} are not supported`,
    );
  }
  const image: ImageConfig = Object.freeze({
    codes: vq.codes,
    codeWidth: vq.codeWidth,
    tokens: gridSide * gridSide,
    gridSide,
    imageSize,
    headWidth: count(headParams, "image_token_embed"),
  });
  return Object.freeze({ language, image, vq });
}

/**
 * The `config.json` value of a model: the inverse of {@link parseConfig}, with every size stated explicitly so that
 * no reader has to know a default.
 */
export function writeConfig(config: JanusConfig): Readonly<Record<string, unknown>> {
  const { language, image, vq } = config;
  return {
    architectures: ["MultiModalityCausalLM"],
    model_type: "multi_modality",
    language_config: {
      model_type: "llama",
      hidden_size: language.hidden,
      intermediate_size: language.intermediate,
      num_hidden_layers: language.layers,
      num_attention_heads: language.heads,
      num_key_value_heads: language.kvHeads,
      head_dim: language.headDim,
      vocab_size: language.vocabulary,
      rope_theta: language.ropeTheta,
      rms_norm_eps: language.rmsEps,
      tie_word_embeddings: false,
    },
    gen_vision_config: {
      cls: "VQ-16",
      model_type: "gen_vision",
      params: {
        image_token_size: vq.codes,
        n_embed: vq.codeWidth,
        ch: vq.channels,
        ch_mult: [...vq.multipliers],
        num_res_blocks: vq.resBlocks,
        z_channels: vq.latentChannels,
        norm_groups: vq.normGroups,
        attention: vq.attention,
        image_size: image.imageSize,
      },
    },
    gen_aligner_config: {
      cls: "MlpProjector",
      model_type: "gen_aligner",
      params: { depth: 2, input_dim: image.codeWidth, n_embed: language.hidden, projector_type: "mlp_gelu" },
    },
    gen_head_config: {
      cls: "vision_head",
      model_type: "gen_head",
      params: {
        image_token_embed: image.headWidth,
        image_token_size: image.codes,
        n_embed: language.hidden,
      },
    },
  };
}
