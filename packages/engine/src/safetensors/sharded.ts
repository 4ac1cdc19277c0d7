// Reads checkpoints that may be split over several safetensors files by an index. One tensor in memory at a time.

import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../errors.js";
import { findDuplicateKey } from "./duplicate-keys.js";
import type { HostTensor } from "./host-tensor.js";
import { openSafetensors, streamSafetensors } from "./read.js";

const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";

/** Which file of a folder holds each tensor: tensor name to file name. */
export type ShardIndex = { readonly weightMap: ReadonlyMap<string, string> };

/**
 * Reads `model.safetensors.index.json` of a folder.
 * @throws EngineError EASEL_ENGINE_SHARD_INDEX when it is malformed or names a file outside the folder.
 */
export async function readShardIndex(folder: string): Promise<ShardIndex> {
  const path = join(folder, INDEX_FILE);
  const text = await readFile(path, "utf8");
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw indexError(path, "it is not JSON", cause);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw indexError(path, `the key ${JSON.stringify(duplicate)} occurs twice`);
  const map = typeof root === "object" && root !== null && "weight_map" in root ? root.weight_map : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw indexError(path, "it has no weight_map object");
  }
  const weightMap = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== "string" || !/^[\w][\w.-]*\.safetensors$/.test(file)) {
      throw indexError(
        path,
        `${JSON.stringify(name)} points to ${JSON.stringify(file)}, not a plain file name`,
      );
    }
    weightMap.set(name, file);
  }
  return { weightMap };
}

/**
 * Yields every tensor of a checkpoint folder one by one: `model.safetensors`, or the shards of its index.
 * Names that the index places in another shard, or not at all, are refused, as is a name missing from its shard.
 * @param wanted names to read; others are skipped without touching their bytes
 * @throws EngineError EASEL_ENGINE_CHECKPOINT_MISSING when the folder holds neither file
 */
export async function* streamCheckpoint(
  folder: string,
  wanted: (name: string) => boolean = () => true,
): AsyncGenerator<{ readonly name: string; readonly tensor: HostTensor }, void> {
  if (await exists(join(folder, SINGLE_FILE))) {
    yield* streamSafetensors(join(folder, SINGLE_FILE), wanted);
    return;
  }
  if (!(await exists(join(folder, INDEX_FILE)))) {
    throw new EngineError(
      "EASEL_ENGINE_CHECKPOINT_MISSING",
      `${folder} holds neither ${SINGLE_FILE} nor ${INDEX_FILE}; point to the folder of a downloaded checkpoint.`,
    );
  }
  const { weightMap } = await readShardIndex(folder);
  await checkShards(folder, weightMap);
  for (const file of new Set(weightMap.values())) yield* streamSafetensors(join(folder, file), wanted);
}

// All headers are checked before the first tensor is handed out, so that a broken checkpoint fails early and whole.
async function checkShards(folder: string, weightMap: ReadonlyMap<string, string>): Promise<void> {
  const missing = new Set(weightMap.keys());
  for (const file of new Set(weightMap.values())) {
    const shard = await openSafetensors(join(folder, file));
    await shard.close();
    for (const { name } of shard.header.entries) {
      if (weightMap.get(name) !== file) {
        throw indexError(
          join(folder, INDEX_FILE),
          `${file} holds ${JSON.stringify(name)}, which the index does not place there`,
        );
      }
      missing.delete(name);
    }
  }
  const [first] = missing;
  if (first !== undefined) {
    throw indexError(
      join(folder, INDEX_FILE),
      `${JSON.stringify(first)} is not in ${weightMap.get(first)}, where the index places it`,
    );
  }
}

function indexError(path: string, reason: string, cause?: unknown): EngineError {
  return new EngineError(
    "EASEL_ENGINE_SHARD_INDEX",
    `${path} is not a valid shard index: ${reason}. Download the checkpoint again.`,
    { cause },
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
