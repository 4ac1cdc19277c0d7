// The small files of an export: tokenizer, config and what belongs to them, copied or made for the other layout.
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type JanusConfig, writeConfig } from "../../config.js";
import type { JanusTokenizer } from "../../tokenizer/janus-tokenizer.js";
import { tokenStrings } from "../../tokenizer/special-tokens.js";
import type { CheckpointLayout, StoredConfig } from "../stored-config.js";
import { writeGenerationConfig, writeTransformersConfig } from "../transformers-config.js";
import type { TowerSizes } from "../understanding-tower.js";

type Json = Readonly<Record<string, unknown>>;

const carried =
  /^(tokenizer\.model|vocab\.json|merges\.txt|added_tokens\.json|special_tokens_map\.json|tokenizer_config\.json|preprocessor_config\.json|processor_config\.json|chat_template\.(json|jinja)|generation_config\.json|(LICENSE|NOTICE)[\w.-]*)$/i;

const placeholder = "<image_placeholder>";

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function readObject(path: string): Promise<Json | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  const value: unknown = text === null ? null : JSON.parse(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function objectAt(value: Json, key: string): Json {
  const found = value[key];
  return typeof found === "object" && found !== null && !Array.isArray(found) ? { ...found } : {};
}

/** What the export is made of, beside the weights. */
export type CarriedParts = {
  readonly source: string;
  readonly stored: StoredConfig;
  /** With the four layout tokens. */
  readonly tokenizer: JanusTokenizer;
  /** Whether tokenizer.json already has them, so that it can go along as it is. */
  readonly isTokenizerAsStored: boolean;
  readonly tower: TowerSizes;
  readonly to: CheckpointLayout;
  /** Type of the embedding, e.g. "float32". */
  readonly dtype: string;
};

/** Id of a token of the vocabulary by its text, or undefined. */
function idOf(tokenizer: JanusTokenizer, text: string): number | undefined {
  const ids = tokenizer.encode(text);
  const [id] = ids;
  return ids.length === 1 && id !== undefined && tokenizer.token(id) === text ? id : undefined;
}

/** The library builds a tokenizer of its own for some class names instead of reading tokenizer.json. */
function transformersTokenizerConfig(found: Json, tokenizer: JanusTokenizer): Json {
  const named = {
    image_token: placeholder,
    boi_token: tokenStrings.beginImage,
    eoi_token: tokenStrings.endImage,
  };
  const known = Object.entries(named).filter(([, text]) => idOf(tokenizer, text) !== undefined);
  return {
    bos_token: tokenStrings.begin,
    eos_token: tokenStrings.end,
    pad_token: tokenStrings.pad,
    add_bos_token: true,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    ...found,
    tokenizer_class: "PreTrainedTokenizerFast",
    extra_special_tokens: Object.fromEntries(known),
  };
}

function originalConfigOf(config: JanusConfig, stored: StoredConfig, tower: TowerSizes, dtype: string): Json {
  const { language_config: language, ...rest } = writeConfig(config);
  const text = objectAt(stored.json, "text_config");
  return {
    ...rest,
    torch_dtype: dtype,
    language_config: {
      ...(language as Json),
      max_position_embeddings: text.max_position_embeddings ?? 2048,
      torch_dtype: dtype,
    },
    vision_config: {
      cls: "CLIPVisionTower",
      model_type: "vision",
      params: {
        image_size: tower.imageSize,
        model_name: tower.modelName,
        select_feature: "same",
        select_layer: -1,
        heads: tower.heads,
      },
    },
    aligner_config: {
      cls: "MlpProjector",
      model_type: "aligner",
      params: {
        depth: 2,
        input_dim: tower.hidden,
        n_embed: config.language.hidden,
        projector_type: "mlp_gelu",
      },
    },
  };
}

async function writeTokenizer(folder: string, parts: CarriedParts): Promise<void> {
  const { source, tokenizer, isTokenizerAsStored } = parts;
  const name = "tokenizer.json";
  if (isTokenizerAsStored) await copyFile(join(source, name), join(folder, name));
  else await writeJson(join(folder, name), tokenizer.definition);
  for (const file of await readdir(source)) {
    if (carried.test(file)) await copyFile(join(source, file), join(folder, file));
  }
}

async function writeTransformersFiles(folder: string, parts: CarriedParts): Promise<void> {
  const { stored, tokenizer, tower, dtype } = parts;
  const { config } = stored;
  const path = join(folder, "tokenizer_config.json");
  await writeJson(path, transformersTokenizerConfig((await readObject(path)) ?? {}, tokenizer));
  await writeJson(join(folder, "generation_config.json"), writeGenerationConfig(tokenizer.ids));
  const imagePlaceholder = idOf(tokenizer, placeholder);
  if (imagePlaceholder !== undefined) {
    const processor = join(folder, "processor_config.json");
    await writeJson(processor, {
      ...(await readObject(processor)),
      processor_class: "JanusProcessor",
      num_image_tokens: config.image.tokens,
    });
  }
  const { max_position_embeddings: stated } = objectAt(stored.json, "language_config");
  const maxPositions = typeof stated === "number" ? stated : 2048;
  const extras = { tower, ids: tokenizer.ids, imagePlaceholder, maxPositions, dtype };
  await writeJson(join(folder, "config.json"), writeTransformersConfig(config, extras));
}

/**
 * Writes everything but weights. `config.json` comes last: a folder without it is no checkpoint.
 *
 * @throws JanusError `EASEL_JANUS_EXPORT_IMPOSSIBLE` for a model that the target layout cannot express
 */
export async function carryFiles(folder: string, parts: CarriedParts): Promise<void> {
  const { source, stored, to, tower, dtype } = parts;
  await writeTokenizer(folder, parts);
  if (stored.layout === to) {
    await copyFile(join(source, "config.json"), join(folder, "config.json"));
  } else if (to === "transformers") {
    await writeTransformersFiles(folder, parts);
  } else {
    await writeJson(join(folder, "config.json"), originalConfigOf(stored.config, stored, tower, dtype));
  }
}
