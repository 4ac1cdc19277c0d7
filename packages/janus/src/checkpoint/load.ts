// Loads a Janus model from a checkpoint folder: config.json, safetensors (one file or shards), tokenizer.json.
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors, readShardIndex, streamCheckpoint, type tf } from "@easel/engine";
import { type JanusConfig, parseConfig } from "../config.js";
import { JanusError } from "../errors.js";
import { loadTokenizer } from "../tokenizer/janus-tokenizer.js";
import { checkShapes, type StoredEntry } from "./check-shapes.js";
import { janusLayout, type ModelPart, modelParts } from "./layout.js";
import { type JanusModel, placeWeight, type TrainableRule } from "./model.js";
import { isTransformersConfig, originalConfig, originalName } from "./transformers-layout.js";

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

function unreadable(folder: string, problem: string, cause?: unknown): JanusError {
  return new JanusError(
    "EASEL_JANUS_CHECKPOINT_UNREADABLE",
    `${folder}: ${problem}. Point to a folder with config.json, tokenizer.json and safetensors weights.`,
    { cause },
  );
}

type StoredConfig = {
  readonly config: JanusConfig /** Original-layout name of a stored name. */;
  readonly rename: (name: string) => string;
};

async function readConfig(folder: string, imageSize: number | undefined): Promise<StoredConfig> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (absent && !(await exists(folder))) throw unreadable(folder, "there is no such folder", cause);
    throw unreadable(
      folder,
      absent ? "there is no config.json" : "config.json cannot be read as JSON",
      cause,
    );
  }
  const options = imageSize === undefined ? {} : { imageSize };
  if (isTransformersConfig(value)) {
    return { config: parseConfig(originalConfig(value), options), rename: originalName };
  }
  return { config: parseConfig(value, options), rename: (name) => name };
}

/** Reads the folder's config.json alone, in either layout. */
export async function loadConfig(
  folder: string,
  options: { readonly imageSize?: number } = {},
): Promise<JanusConfig> {
  return (await readConfig(folder, options.imageSize)).config;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function weightFiles(folder: string): Promise<readonly string[]> {
  if (await exists(join(folder, "model.safetensors"))) return ["model.safetensors"];
  if (await exists(join(folder, "model.safetensors.index.json"))) {
    return [...new Set((await readShardIndex(folder)).weightMap.values())];
  }
  if (await exists(join(folder, "pytorch_model.bin"))) {
    throw unreadable(
      folder,
      "the weights are pickled (pytorch_model.bin); convert them to safetensors first",
    );
  }
  throw unreadable(folder, "there is neither model.safetensors nor model.safetensors.index.json");
}

/** Headers only: what each file holds. */
async function storedEntries(
  folder: string,
  rename: StoredConfig["rename"],
): Promise<ReadonlyMap<string, StoredEntry>> {
  const stored = new Map<string, StoredEntry>();
  for (const file of await weightFiles(folder)) {
    const opened = await openSafetensors(join(folder, file));
    await opened.close();
    for (const { name, dtype, shape } of opened.header.entries)
      stored.set(rename(name), { dtype, shape, file });
  }
  return stored;
}

/**
 * Loads a model in the original `multi_modality` layout or that of the `transformers` library. All weights are checked against the config before the first
 * one is read; they are widened to float32 one at a time.
 *
 * @param folder a checkpoint folder
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_UNREADABLE`, `EASEL_JANUS_CONFIG_INVALID`,
 *   `EASEL_JANUS_CHECKPOINT_MISMATCH`, `EASEL_JANUS_TOKENIZER_INVALID` or `EASEL_JANUS_TOKEN_MISSING`
 */
export async function loadJanus(folder: string, options: LoadOptions = {}): Promise<JanusModel> {
  const { trainable = () => false, parts = modelParts, imageSize, addLayoutTokens = false } = options;
  const { config, rename } = await readConfig(folder, imageSize);
  const tokenizer = await loadTokenizer(folder, { addLayoutTokens });
  if (tokenizer.size > config.language.vocabulary) {
    throw unreadable(
      folder,
      `tokenizer.json has ${tokenizer.size} tokens but the embedding only ${config.language.vocabulary} rows`,
    );
  }
  checkShapes(await storedEntries(folder, rename), config, parts, folder);
  const wanted = janusLayout(config, parts);
  const weights: Record<string, tf.Tensor> = {};
  for await (const { name, tensor } of streamCheckpoint(folder, (stored) => wanted.has(rename(stored)))) {
    const original = rename(name);
    weights[original] = placeWeight(tensor, trainable(original));
  }
  return { config, params: { weights }, tokenizer };
}
