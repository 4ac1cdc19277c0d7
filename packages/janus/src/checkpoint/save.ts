// Writes a Janus model as a checkpoint folder in the original layout, in one safetensors file or in shards.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromFloat32, fromTensor, type HostTensor, toFloat32, weight, writeSafetensors } from "@easel/engine";
import { writeConfig } from "../config.js";
import { JanusError } from "../errors.js";
import { tokenStrings } from "../tokenizer/special-tokens.js";
import { checkShapes } from "./check-shapes.js";
import { janusLayout, type ModelPart, modelParts } from "./layout.js";
import type { JanusModel } from "./model.js";
import { shardFiles, shardNames } from "./shards.js";

/** Floating-point types a checkpoint can be stored in. */
export type StoredFloat = "F32" | "BF16" | "F16";

/** Options of {@link saveJanus}. */
export type SaveOptions = {
  /** Stored type by weight name; F32 by default. */
  readonly dtype?: (name: string) => StoredFloat;
  /** What to write; everything by default. */
  readonly parts?: readonly ModelPart[];
  /** Largest file before the weights are split, in bytes; 4 GB by default. */
  readonly shardSizeBytes?: number;
  /** Free strings for the headers of the files. */
  readonly metadata?: Readonly<Record<string, string>>;
};

const widthBytes: Readonly<Record<StoredFloat, number>> = { F32: 4, BF16: 2, F16: 2 };

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function writeSmallFiles(folder: string, { config, tokenizer }: JanusModel): Promise<void> {
  await writeJson(join(folder, "config.json"), writeConfig(config));
  await writeJson(join(folder, "tokenizer.json"), tokenizer.definition);
  const named = {
    bos_token: tokenStrings.begin,
    eos_token: tokenStrings.end,
    pad_token: tokenStrings.pad,
  };
  await writeJson(join(folder, "special_tokens_map.json"), named);
  await writeJson(join(folder, "tokenizer_config.json"), {
    tokenizer_class: "PreTrainedTokenizerFast",
    add_bos_token: true,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    ...named,
  });
  await writeJson(join(folder, "processor_config.json"), { prompt_template: tokenizer.promptTemplate });
}

/**
 * Saves a model so that {@link loadJanus} and the original code can load it. The small files come first and the weights
 * (or the shard index) last, atomically: a folder with weights is complete.
 *
 * @param folder made if absent; a checkpoint in it is replaced
 * @returns names of the weight files
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_MISMATCH` when weights are missing, unknown or misshaped, or adapters are
 *   active
 */
export async function saveJanus(
  folder: string,
  model: JanusModel,
  options: SaveOptions = {},
): Promise<readonly string[]> {
  const { dtype = () => "F32", parts = modelParts, shardSizeBytes = 4e9, metadata = {} } = options;
  const { params, config } = model;
  if ((params.adapters ?? []).length > 0) {
    throw new JanusError(
      "EASEL_JANUS_CHECKPOINT_MISMATCH",
      "The model has active adapters, which a checkpoint cannot hold. Merge them first or save them as adapters.",
    );
  }
  const present = Object.entries(params.weights).map(
    ([name, tensor]) => [name, { dtype: "F32", shape: tensor.shape, file: "memory" }] as const,
  );
  checkShapes(new Map(present), config, parts, "the model in memory");
  await mkdir(folder, { recursive: true });
  await writeSmallFiles(folder, model);

  const shapes = janusLayout(config, parts);
  const sizeOf = (name: string, shape: readonly number[]): number =>
    shape.reduce((product, side) => product * side, widthBytes[dtype(name)]);
  const sizes = new Map([...shapes].map(([name, shape]) => [name, sizeOf(name, shape)]));
  const shards = shardNames(sizes, shardSizeBytes);
  const collect = async (names: readonly string[]): Promise<Map<string, HostTensor>> => {
    const tensors = new Map<string, HostTensor>();
    for (const name of names) {
      const stored = await fromTensor(weight(params, name));
      const type = dtype(name);
      tensors.set(name, type === "F32" ? stored : fromFloat32(toFloat32(stored), stored.shape, type));
    }
    return tensors;
  };
  const header = { format: "pt", ...metadata };
  const single = join(folder, "model.safetensors");
  const index = join(folder, "model.safetensors.index.json");
  if (shards.length === 1) {
    await writeSafetensors(single, await collect([...shapes.keys()]), header);
    await rm(index, { force: true });
    return ["model.safetensors"];
  }
  const files = shardFiles(shards.length);
  const weightMap: Record<string, string> = {};
  for (const [i, names] of shards.entries()) {
    const file = files[i] ?? "";
    await writeSafetensors(join(folder, file), await collect(names), header);
    for (const name of names) weightMap[name] = file;
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  await writeJson(index, { metadata: { total_size: total }, weight_map: weightMap });
  await rm(single, { force: true });
  return files;
}
