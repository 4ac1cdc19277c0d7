// Prompts that benchmarks measure with. What is the same prompt as one of them is neither trained on nor chosen by.
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { DataError } from "../errors.js";
import { digestFile, unreadable } from "../rows/file-bytes.js";
import { formatOfName } from "../rows/rows.js";
import { isBenchmarkName } from "./benchmark-files.js";
import { canonicalText } from "./canonical-text.js";
import { readPromptTexts } from "./prompt-texts.js";

/** A benchmark's file as it was read. */
export type HeldOutFile = {
  readonly file: string;
  readonly prompts: number;
  readonly sizeBytes: number;
  readonly sha256: string;
};

/** Prompts held out. */
export type HeldOut = {
  readonly files: readonly HeldOutFile[];
  /** The file that holds this prompt, in its canonical form; null when none does. */
  readonly fileWith: (canonical: string) => string | null;
};

/** Nothing held out. */
export const NOTHING_HELD_OUT: HeldOut = { files: [], fileWith: () => null };

/**
 * Reads the prompts of benchmarks. Of a folder, every list whose name is that of a validation list or of GenEval's metadata.
 *
 * @param paths files (`.txt`, or rows with a field `prompt`) and folders
 * @throws DataError `EASEL_DATA_BENCHMARK` for a folder without such a list, a file without prompts, and a row without one: a
 *   prompt that is not understood could not be kept out of training
 */
export async function readHeldOut(paths: readonly string[]): Promise<HeldOut> {
  const fileOf = new Map<string, string>();
  const files: HeldOutFile[] = [];
  for (const file of (await Promise.all(paths.map(listsAt))).flat()) {
    let prompts = 0;
    for await (const { number, prompt } of readPromptTexts(file, "prompt")) {
      if ("reason" in prompt) {
        throw new DataError(
          "EASEL_DATA_BENCHMARK",
          `${file}:${number}: no prompt to hold out (${prompt.reason}; fields: ${prompt.fields.join(", ")}). Give the benchmark's own file.`,
        );
      }
      const canonical = canonicalText(prompt.text);
      if (canonical === "") continue;
      prompts += 1;
      if (!fileOf.has(canonical)) fileOf.set(canonical, file);
    }
    if (prompts === 0) {
      throw new DataError("EASEL_DATA_BENCHMARK", `${file} holds no prompt. Give the benchmark's own file.`);
    }
    files.push({ file, prompts, ...(await digestFile(file)) });
  }
  return { files, fileWith: (canonical) => fileOf.get(canonical) ?? null };
}

async function listsAt(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter(
    (name) => isBenchmarkName(basename(name)) && (/\.txt$/i.test(name) || formatOfName(name) !== null),
  );
  if (names.length > 0) return names.sort().map((name) => join(path, name));
  throw new DataError(
    "EASEL_DATA_BENCHMARK",
    `${path} holds no list named like color_val.txt or evaluation_metadata.jsonl. Name the files themselves.`,
  );
}
