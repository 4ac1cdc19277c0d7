// Loads a Janus model from a checkpoint folder: config.json, weights (safetensors or PyTorch's own files, one or shards),
// tokenizer.json.
import type { tf } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import { JanusError } from "../errors.js";
import { loadTokenizer } from "../tokenizer/janus-tokenizer.js";
import { checkShapes } from "./check-shapes.js";
import { janusLayout, type ModelPart, modelParts } from "./layout.js";
import { type JanusModel, placeWeight, type TrainableRule } from "./model.js";
import { openWeights } from "./source/open-weights.js";
import { readWeight } from "./source/stored-weight.js";
import { readStoredConfig, unreadable } from "./stored-config.js";
import { originalName, transformersName } from "./transformers-names.js";

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
  /**
   * Keeps weights that are stored in BF16 and are not trained as they are stored, in half the memory; false when left out.
   * Results are the same: every computation widens them, unless it asks for products in bfloat16. F32 and F16 are float32
   * in memory as ever, and a checkpoint that has nothing in BF16 is refused: nothing would be saved.
   */
  readonly keepHalf?: boolean;
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
 * against the config before the first one is read; they go from the file to the device one at a time, through one buffer
 * of the size of the largest.
 *
 * @param folder a checkpoint folder
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_UNREADABLE`, `EASEL_JANUS_CONFIG_INVALID`,
 *   `EASEL_JANUS_CHECKPOINT_MISMATCH`, `EASEL_JANUS_NO_BF16`, `EASEL_JANUS_TOKENIZER_INVALID` or `EASEL_JANUS_TOKEN_MISSING`
 */
export async function loadJanus(folder: string, options: LoadOptions = {}): Promise<JanusModel> {
  const { trainable = () => false, parts = modelParts, imageSize, addLayoutTokens = false } = options;
  const { keepHalf = false } = options;
  const { config, layout } = await readStoredConfig(folder, imageSize);
  const same = (name: string): string => name;
  const isOriginal = layout === "original";
  const tokenizer = await loadTokenizer(folder, { addLayoutTokens });
  if (tokenizer.idLimit > config.language.vocabulary) {
    const rows = config.language.vocabulary;
    throw unreadable(
      folder,
      `tokenizer.json has ids up to ${tokenizer.idLimit - 1} but the embedding only ${rows} rows`,
    );
  }
  const source = await openWeights(folder);
  try {
    const rename = isOriginal ? same : originalName;
    const stored = [...source.weights].map(([name, weight]) => [rename(name), weight] as const);
    checkShapes(new Map(stored), config, parts, folder, isOriginal ? same : transformersName);
    const layoutOfParts = janusLayout(config, parts);
    const wanted = stored.filter(([name]) => layoutOfParts.has(name));
    if (keepHalf && !wanted.some(([name, { dtype }]) => dtype === "BF16" && !trainable(name))) {
      throw new JanusError(
        "EASEL_JANUS_NO_BF16",
        `${folder} stores none of its frozen weights in bfloat16, so that none can be kept so, and nothing is rounded to it. Set ` +
          "model.weights to float32 (--weights float32), or start from a checkpoint that is stored in bfloat16.",
      );
    }
    // A buffer a weight would wait for the garbage collector, and with it memory of several of them.
    const largest = wanted.reduce((most, [, { sizeBytes }]) => Math.max(most, sizeBytes), 0);
    const buffer = new Uint8Array(largest);
    const weights: Record<string, tf.Tensor> = {};
    for (const [name, weight] of wanted) {
      const isTrained = trainable(name);
      const bytes = await readWeight(weight, buffer);
      weights[name] = placeWeight(bytes, isTrained, { keepHalf: keepHalf && !isTrained });
    }
    return { config, params: { weights }, tokenizer };
  } finally {
    await source.close();
  }
}
