// Loads a Janus model from a checkpoint folder: config.json, safetensors (one file or shards), tokenizer.json.
import type { tf } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import { loadTokenizer } from "../tokenizer/janus-tokenizer.js";
import { checkShapes } from "./check-shapes.js";
import { janusLayout, type ModelPart, modelParts } from "./layout.js";
import { type JanusModel, placeWeight, type TrainableRule } from "./model.js";
import { openWeights } from "./source/open-weights.js";
import { readWeight } from "./source/stored-weight.js";
import { readStoredConfig, unreadable } from "./stored-config.js";
import { originalName } from "./transformers-names.js";

/** Options of {@link loadJanus}. */
export type LoadOptions = {
  /** Which weights become variables; none by default. */
  readonly trainable?: TrainableRule;
  /** What to load; everything by default. A rollout needs no VQ encoder. */
  readonly parts?: readonly ModelPart[];
  /** Pixels per side, where the config leaves it out and it is not 384. */
  readonly imageSize?: number;
  /** Adds GoT-R1's four layout tokens to the tokenizer of a plain Janus checkpoint. */
  readonly addLayoutTokens?: boolean;
};

/** Reads the folder's config.json alone, in either layout. */
export async function loadConfig(
  folder: string,
  options: { readonly imageSize?: number } = {},
): Promise<JanusConfig> {
  return (await readStoredConfig(folder, options.imageSize)).config;
}

/**
 * Loads a model in the original `multi_modality` layout or that of the `transformers` library. All weights are checked
 * against the config before the first one is read; they are widened to float32 one at a time.
 *
 * @param folder a checkpoint folder
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_UNREADABLE`, `EASEL_JANUS_CONFIG_INVALID`,
 *   `EASEL_JANUS_CHECKPOINT_MISMATCH`, `EASEL_JANUS_TOKENIZER_INVALID` or `EASEL_JANUS_TOKEN_MISSING`
 */
export async function loadJanus(folder: string, options: LoadOptions = {}): Promise<JanusModel> {
  const { trainable = () => false, parts = modelParts, imageSize, addLayoutTokens = false } = options;
  const { config, layout } = await readStoredConfig(folder, imageSize);
  const rename = layout === "transformers" ? originalName : (name: string): string => name;
  const tokenizer = await loadTokenizer(folder, { addLayoutTokens });
  if (tokenizer.size > config.language.vocabulary) {
    const rows = config.language.vocabulary;
    throw unreadable(
      folder,
      `tokenizer.json has ${tokenizer.size} tokens but the embedding only ${rows} rows`,
    );
  }
  const source = await openWeights(folder);
  try {
    const stored = [...source.weights].map(([name, weight]) => [rename(name), weight] as const);
    checkShapes(new Map(stored), config, parts, folder);
    const wanted = janusLayout(config, parts);
    const weights: Record<string, tf.Tensor> = {};
    for (const [name, weight] of stored) {
      if (wanted.has(name)) weights[name] = placeWeight(await readWeight(weight), trainable(name));
    }
    return { config, params: { weights }, tokenizer };
  } finally {
    await source.close();
  }
}
