// Adapters as files in the layout of the PEFT library: adapter_config.json and adapter_model.safetensors.
// Plain LoRA and token rows only; variants that compute something else are refused rather than misread.

import { join } from "node:path";
import { writeFileAtomically } from "../safetensors/atomic-file.js";
import type { HostTensor } from "../safetensors/host-tensor.js";
import { readSafetensors } from "../safetensors/read.js";
import { fromTensor, toTensor } from "../safetensors/tensor-conversion.js";
import { writeSafetensors } from "../safetensors/write.js";
import { tf } from "../tf.js";
import type { Adapter, TrainableAdapter } from "./params.js";
import { adapterFileError, peftConfigOf, readPeftConfig } from "./peft-config.js";

const KEY_PREFIX = "base_model.model.";
const CONFIG_FILE = "adapter_config.json";
const WEIGHTS_FILE = "adapter_model.safetensors";

const pairKey = /^base_model\.model\.(.+)\.lora_[AB]\.weight$/;
const rowsKey = /^base_model\.model\.(.+)\.token_adapter\.trainable_tokens_delta$/;

/** The PEFT names of a layer's two matrices, and of its token rows. */
export function peftKeys(path: string): {
  readonly a: string;
  readonly b: string;
  readonly tokenRows: string;
} {
  const layer = `${KEY_PREFIX}${path}`;
  return {
    a: `${layer}.lora_A.weight`,
    b: `${layer}.lora_B.weight`,
    tokenRows: `${layer}.token_adapter.trainable_tokens_delta`,
  };
}

/** An adapter's matrices and rows in host memory, F32, under their PEFT names. */
export async function adapterToHost(adapter: Adapter): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [path, { a, b }] of Object.entries(adapter.pairs)) {
    const keys = peftKeys(path);
    tensors.set(keys.a, await fromTensor(a));
    tensors.set(keys.b, await fromTensor(b));
  }
  for (const [path, { values }] of Object.entries(adapter.tokenRows ?? {})) {
    tensors.set(peftKeys(path).tokenRows, await fromTensor(values));
  }
  return tensors;
}

/** What the tensors of an adapter mean, where their shapes do not say it. */
export type AdapterMeaning = {
  readonly rank: number;
  readonly alpha: number;
  /** Token ids by module: its whole path, or the end of it. */
  readonly tokenIds?: Readonly<Record<string, readonly number[]>>;
};

/**
 * Builds a trainable adapter from matrices and rows under PEFT names.
 * @param o.rank checked against the shapes
 * @throws EngineError EASEL_ENGINE_ADAPTER_FILE for a foreign key, a missing half of a pair, a wrong shape or type, or
 *   token rows whose ids nothing says
 */
export function adapterFromHost(
  tensors: ReadonlyMap<string, HostTensor>,
  o: AdapterMeaning,
): TrainableAdapter {
  const { layers, embeddings } = pathsOf(tensors);
  const stored = layers.map((path) => [path, checkedPair(tensors, path, o.rank)] as const);
  const tokenIds = idsByPath(embeddings, o.tokenIds ?? {});
  const rows = [...tokenIds].map(([path, ids]) => [path, ids, checkedRows(tensors, path, ids)] as const);
  const variable = (h: HostTensor): tf.Variable => tf.tidy(() => tf.variable(toTensor(h)));
  const pairs = stored.map(([path, { a, b }]) => [path, { a: variable(a), b: variable(b) }] as const);
  const adapter = { rank: o.rank, alpha: o.alpha, pairs: Object.fromEntries(pairs) };
  if (rows.length === 0) return adapter;
  const own = rows.map(([path, ids, h]) => [path, { ids: [...ids], values: variable(h) }] as const);
  return { ...adapter, tokenRows: Object.fromEntries(own) };
}

/**
 * Reads a PEFT adapter folder.
 * @throws EngineError EASEL_ENGINE_ADAPTER_FILE when it is not plain LoRA, EASEL_ENGINE_SAFETENSORS_* for a damaged file
 */
export async function readPeftAdapter(folder: string): Promise<TrainableAdapter> {
  const config = await readPeftConfig(join(folder, CONFIG_FILE));
  const { tensors } = await readSafetensors(join(folder, WEIGHTS_FILE));
  return adapterFromHost(tensors, config);
}

/**
 * Writes an adapter as a folder that PEFT loads. The folder must exist. The configuration is written last.
 * @param o.baseModel what PEFT notes as the base model's name or path
 */
export async function writePeftAdapter(
  folder: string,
  adapter: Adapter,
  o: { readonly baseModel?: string } = {},
): Promise<void> {
  await writeSafetensors(join(folder, WEIGHTS_FILE), await adapterToHost(adapter), { format: "pt" });
  const config = peftConfigOf(adapter, o.baseModel);
  await writeFileAtomically(join(folder, CONFIG_FILE), async (file) => {
    await file.writeFile(`${JSON.stringify(config, null, 2)}\n`);
  });
}

function pathsOf(tensors: ReadonlyMap<string, HostTensor>): {
  readonly layers: readonly string[];
  readonly embeddings: readonly string[];
} {
  const layers = new Set<string>();
  const embeddings = new Set<string>();
  const foreign: string[] = [];
  for (const key of tensors.keys()) {
    const layer = pairKey.exec(key)?.[1];
    const embedding = rowsKey.exec(key)?.[1];
    if (layer !== undefined) layers.add(layer);
    else if (embedding !== undefined) embeddings.add(embedding);
    else foreign.push(JSON.stringify(key));
  }
  if (foreign.length > 0) {
    const shown = foreign.slice(0, 10).join(", ");
    throw adapterFileError(
      `${foreign.length} of its keys are neither LoRA matrices nor token rows: ${shown}`,
    );
  }
  const both = [...embeddings].find((path) => layers.has(path));
  if (both !== undefined) throw adapterFileError(`${both} has a low-rank pair and token rows`);
  return { layers: [...layers], embeddings: [...embeddings] };
}

function checkedPair(
  tensors: ReadonlyMap<string, HostTensor>,
  path: string,
  rank: number,
): { readonly a: HostTensor; readonly b: HostTensor } {
  const keys = peftKeys(path);
  const a = tensors.get(keys.a);
  const b = tensors.get(keys.b);
  if (a === undefined || b === undefined) throw adapterFileError(`${path} has only one of lora_A and lora_B`);
  const shapesFit =
    a.shape.length === 2 && b.shape.length === 2 && a.shape[0] === rank && b.shape[1] === rank;
  if (!shapesFit) {
    throw adapterFileError(
      `${path} has shapes [${a.shape.join(", ")}] and [${b.shape.join(", ")}], which do not fit rank ${rank}`,
    );
  }
  for (const { dtype } of [a, b]) checkFloat(path, dtype);
  return { a, b };
}

function checkedRows(
  tensors: ReadonlyMap<string, HostTensor>,
  path: string,
  ids: readonly number[],
): HostTensor {
  const rows = tensors.get(peftKeys(path).tokenRows);
  if (rows === undefined) throw adapterFileError(`it names tokens of ${path} and holds no rows for them`);
  if (rows.shape.length !== 2 || rows.shape[0] !== ids.length) {
    const shape = rows.shape.join(", ");
    throw adapterFileError(`the rows of ${path} have shape [${shape}] for ${ids.length} tokens`);
  }
  checkFloat(path, rows.dtype);
  return rows;
}

function checkFloat(path: string, dtype: string): void {
  if (!/^(F64|F32|F16|BF16)$/.test(dtype)) throw adapterFileError(`${path} holds numbers of type ${dtype}`);
}

/** PEFT matches a module by the end of its path; each embedding must be meant exactly once. */
function idsByPath(
  embeddings: readonly string[],
  tokenIds: Readonly<Record<string, readonly number[]>>,
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const [module, ids] of Object.entries(tokenIds)) {
    const [path, ...others] = embeddings.filter((one) => one === module || one.endsWith(`.${module}`));
    if (path === undefined || others.length > 0 || found.has(path)) {
      const count = path === undefined ? "none" : "more than one";
      throw adapterFileError(`its tokens of ${JSON.stringify(module)} belong to ${count} of its token rows`);
    }
    found.set(path, ids);
  }
  const unnamed = embeddings.find((path) => !found.has(path));
  if (unnamed !== undefined)
    throw adapterFileError(`nothing says which tokens the rows of ${unnamed} are for`);
  return found;
}
