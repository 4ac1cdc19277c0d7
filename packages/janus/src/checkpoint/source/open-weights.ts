// Opens the weights of a checkpoint folder: safetensors, whole or in shards. Headers are read and checked, no weights.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { HOST_DTYPE_WIDTH_BYTES, openSafetensors, readShardIndex } from "@easel/engine";
import { unreadable } from "../stored-config.js";
import type { StoredWeight, WeightSource } from "./stored-weight.js";

const singleFile = "model.safetensors";
const indexFile = "model.safetensors.index.json";

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

type FilePlan = {
  readonly files: readonly string[];
  /** File by weight name, where an index says so. */
  readonly placed: ReadonlyMap<string, string> | null;
};

async function planOf(folder: string): Promise<FilePlan> {
  if (await exists(join(folder, singleFile))) return { files: [singleFile], placed: null };
  if (await exists(join(folder, indexFile))) {
    const { weightMap } = await readShardIndex(folder);
    return { files: [...new Set(weightMap.values())], placed: weightMap };
  }
  if (await exists(join(folder, "pytorch_model.bin"))) {
    throw unreadable(
      folder,
      "the weights are pickled (pytorch_model.bin); convert them to safetensors first",
    );
  }
  throw unreadable(folder, "there is neither model.safetensors nor model.safetensors.index.json");
}

/** All ways in which shards and their index disagree, so that they can be put right at once. */
function indexProblems(
  weights: ReadonlyMap<string, StoredWeight>,
  twice: readonly string[],
  placed: ReadonlyMap<string, string>,
): readonly string[] {
  const lines = [...twice];
  for (const [name, file] of placed) {
    if (!weights.has(name)) lines.push(`missing: ${name}, which the index places in ${file}`);
  }
  for (const [name, { file }] of weights) {
    const there = placed.get(name);
    if (there === undefined) lines.push(`not in the index: ${name} in ${file}`);
    else if (there !== file) lines.push(`${name} is in ${file}, and the index places it in ${there}`);
  }
  return lines;
}

async function openSafetensorsFile(
  folder: string,
  file: string,
): Promise<{ readonly weights: readonly StoredWeight[]; close(): Promise<void> }> {
  const opened = await openSafetensors(join(folder, file));
  const weights = opened.header.entries.map((entry): StoredWeight => {
    const { name, dtype, shape } = entry;
    const sizeBytes = shape.reduce((product, side) => product * side, HOST_DTYPE_WIDTH_BYTES[dtype]);
    const readPart = (begin: number, end: number): Promise<Uint8Array> => opened.readPart(entry, begin, end);
    return { name, dtype, shape, file, sizeBytes, readPart };
  });
  return { weights, close: () => opened.close() };
}

/**
 * Opens the weights of a folder. Without an index there is one file.
 *
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_UNREADABLE` where there are no weights, or all disagreements of shards with
 *   their index; EngineError `EASEL_ENGINE_SAFETENSORS_*` for a damaged file
 */
export async function openWeights(folder: string): Promise<WeightSource> {
  const { files, placed } = await planOf(folder);
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0)) await one();
  };
  try {
    const weights = new Map<string, StoredWeight>();
    const twice: string[] = [];
    for (const file of files) {
      const opened = await openSafetensorsFile(folder, file);
      closers.push(opened.close);
      for (const weight of opened.weights) {
        const before = weights.get(weight.name);
        if (before !== undefined) twice.push(`${weight.name} is in ${before.file} and in ${file}`);
        weights.set(weight.name, weight);
      }
    }
    const problems = placed === null ? [] : indexProblems(weights, twice, placed);
    if (problems.length > 0) {
      throw unreadable(
        folder,
        `the shards do not fit their index (${problems.length} differences):\n  ${problems.join("\n  ")}\n`,
      );
    }
    return { weights, close };
  } catch (error) {
    await close();
    throw error;
  }
}
