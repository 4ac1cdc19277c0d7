// Opens the weights of a checkpoint folder: safetensors or PyTorch's own files, whole or in shards. What is in each file is
// read and checked, no weights.
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { HOST_DTYPE_WIDTH_BYTES, openSafetensors, readShardIndex } from "@easel/engine";
import { readBoundedJson } from "../../bounded-json.js";
import { unreadable } from "../stored-config.js";
import { openTorchFile } from "../torch-file/open-torch-file.js";
import type { StoredWeight, WeightSource } from "./stored-weight.js";
import { isWeightFile } from "./weight-file.js";

const LFS_POINTER = "version https://git-lfs";
const torchIndex = "pytorch_model.bin.index.json";

type FilePlan = {
  readonly files: readonly string[];
  /** File by weight name, where an index says so. */
  readonly placed: ReadonlyMap<string, string> | null;
};

async function readTorchIndex(folder: string): Promise<ReadonlyMap<string, string>> {
  let root: unknown;
  try {
    root = await readBoundedJson(join(folder, torchIndex));
  } catch (cause) {
    throw unreadable(folder, `${torchIndex} cannot be read as JSON`, cause);
  }
  const { weight_map: map } = Object(root) as { weight_map?: unknown };
  const placed = Object.entries(Object(map) as Readonly<Record<string, unknown>>);
  const wrong = placed.find(([, file]) => typeof file !== "string" || !/^[\w][\w.-]*\.bin$/.test(file));
  if (placed.length === 0 || wrong !== undefined) {
    const problem = wrong === undefined ? "has no weight_map" : `places ${wrong[0]} in no plain .bin file`;
    throw unreadable(folder, `${torchIndex} ${problem}`);
  }
  return new Map(placed as readonly (readonly [string, string])[]);
}

/** The files to read, safetensors before PyTorch's, a whole file before shards. */
async function planOf(folder: string): Promise<FilePlan> {
  const present = await readdir(folder);
  const has = (name: string): boolean => present.includes(name);
  if (has("model.safetensors")) return { files: ["model.safetensors"], placed: null };
  if (has("model.safetensors.index.json")) {
    const { weightMap } = await readShardIndex(folder);
    return { files: [...new Set(weightMap.values())], placed: weightMap };
  }
  if (has("pytorch_model.bin")) return { files: ["pytorch_model.bin"], placed: null };
  if (has(torchIndex)) {
    const placed = await readTorchIndex(folder);
    return { files: [...new Set(placed.values())], placed };
  }
  const [other, ...more] = present.filter(isWeightFile).sort();
  if (other !== undefined && more.length === 0) return { files: [other], placed: null };
  const found =
    other === undefined ? "" : `; which of ${[other, ...more].join(", ")} is meant cannot be told`;
  throw unreadable(
    folder,
    `there is neither model.safetensors nor pytorch_model.bin, nor an index of either${found}`,
  );
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

type OpenedFile = { readonly weights: readonly StoredWeight[]; close(): Promise<void> };

/** What `git clone` leaves in the place of a large file where Git LFS is not set up. */
async function refusePointer(folder: string, file: string): Promise<void> {
  const handle = await open(join(folder, file));
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(LFS_POINTER.length),
      0,
      LFS_POINTER.length,
      0,
    );
    if (buffer.toString("latin1", 0, bytesRead) !== LFS_POINTER) return;
  } finally {
    await handle.close();
  }
  throw unreadable(
    folder,
    `${file} is a pointer of Git LFS and not the weights; fetch them with "git lfs pull"`,
  );
}

async function openFile(folder: string, file: string): Promise<OpenedFile> {
  await refusePointer(folder, file);
  if (!file.endsWith(".safetensors")) return openTorchFile(join(folder, file));
  const opened = await openSafetensors(join(folder, file));
  const weights = opened.header.entries.map((entry): StoredWeight => {
    const { name, dtype, shape } = entry;
    const sizeBytes = shape.reduce((product, side) => product * side, HOST_DTYPE_WIDTH_BYTES[dtype]);
    const readPart: StoredWeight["readPart"] = (begin, end, into) => opened.readPart(entry, begin, end, into);
    return { name, dtype, shape, file, sizeBytes, readPart };
  });
  return { weights, close: () => opened.close() };
}

/**
 * Opens the weights of a folder. Without an index there is one file.
 *
 * @throws JanusError `EASEL_JANUS_CHECKPOINT_UNREADABLE` where there are no weights, or all disagreements of shards with
 *   their index; EngineError `EASEL_ENGINE_SAFETENSORS_*`, JanusError `EASEL_JANUS_TORCH_FILE` or `EASEL_JANUS_PICKLE_REFUSED` for a
 *   damaged or hostile file
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
      const opened = await openFile(folder, file);
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
