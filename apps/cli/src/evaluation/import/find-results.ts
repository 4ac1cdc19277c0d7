// From what the user named to result files: folders are searched where the scripts write, and T2I-CompBench's category
// comes from `category=`, from the generation.json of the pictures, or from the names of the folders.
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { CliError } from "../../errors.js";
import { categoryOfName, compBenchCategories, resultFolderOf } from "./compbench-categories.js";
import { resultFault } from "./imported-score.js";

/** One file to read. */
export type FoundResult = {
  /** As messages name it. */
  readonly file: string;
  readonly content: string;
  /** T2I-CompBench's category; null where nothing says. */
  readonly category: string | null;
  /** Pictures of each prompt, where generation.json says. */
  readonly perPrompt: number | null;
};

type Pictures = { readonly category: string | null; readonly perPrompt: number | null };

/** Result folders lie at most this far below the pictures' folder. */
const LEVELS_UP = 4;

/** What the nearest generation.json above a path says; also of the path itself where it is a folder. */
async function picturesOf(path: string): Promise<Pictures> {
  let folder = resolve(path);
  for (let level = 0; level <= LEVELS_UP; level += 1) {
    const text = await readFile(join(folder, "generation.json"), "utf8").catch(() => null);
    if (text !== null) return readPictures(text);
    folder = dirname(folder);
  }
  return { category: null, perPrompt: null };
}

function readPictures(text: string): Pictures {
  try {
    const { settings, about } = JSON.parse(text) as {
      settings?: { number?: unknown };
      about?: { promptsFile?: unknown };
    };
    const number = settings?.number;
    const list = about?.promptsFile;
    return {
      category: typeof list === "string" ? (categoryOfName(list) ?? null) : null,
      perPrompt: typeof number === "number" && number > 0 ? number : null,
    };
  } catch {
    return { category: null, perPrompt: null };
  }
}

function categoryOfPath(path: string): string | null {
  for (const part of resolve(path).split(sep).reverse()) {
    const category = categoryOfName(part);
    if (category !== undefined) return category;
  }
  return null;
}

async function textAt(path: string): Promise<string | null> {
  return await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
}

async function inFolder(folder: string, category: string | null, pictures: Pictures): Promise<FoundResult> {
  const genEval = join(folder, "results.jsonl");
  const results = await textAt(genEval);
  if (results !== null) return { file: genEval, content: results, ...pictures, category: null };
  const known = category === null ? undefined : compBenchCategories[category];
  if (known === undefined) {
    throw resultFault(
      folder,
      "the folder has no results.jsonl of GenEval, and nothing says which category of T2I-CompBench it is of. " +
        `Write e.g. color=${folder}.`,
    );
  }
  const file = join(folder, known.folder, "vqa_result.json");
  const content = await textAt(file);
  if (content !== null) return { file, content, ...pictures, category };
  throw resultFault(
    folder,
    `${known.folder}/vqa_result.json is not there, which T2I-CompBench's script for ${category} (${known.metric}) writes. Run it first.`,
  );
}

/** The category that a result folder can stand for must be the one that is asked for. */
function checkMetric(file: string, category: string | null): void {
  if (/\/annotation\d+_blip\//.test(file)) {
    throw resultFault(file, "this is the answer to one noun phrase. Pass annotation_blip/vqa_result.json.");
  }
  const folder = resultFolderOf(file);
  const known = category === null ? undefined : compBenchCategories[category];
  if (folder === undefined || known === undefined || known.folder === folder) return;
  throw resultFault(
    file,
    `${category} is measured by ${known.metric}, in ${known.folder}, and this file lies in ${folder}. ` +
      "Pass the other file, or name the category that this one is of, e.g. color=FILE.",
  );
}

/** `category=path`, or a path alone; a path with "=" in it that exists is one. */
async function splitArgument(
  argument: string,
): Promise<{ readonly stated: string | null; readonly path: string }> {
  const named = /^([\w-]+)=(.+)$/s.exec(argument);
  const [stated, path] = [named?.[1], named?.[2]];
  if (stated === undefined || path === undefined) return { stated: null, path: argument };
  if (Object.hasOwn(compBenchCategories, stated)) return { stated, path };
  const exists = await stat(argument).then(
    () => true,
    () => false,
  );
  if (exists) return { stated: null, path: argument };
  const names = Object.keys(compBenchCategories).join(", ");
  throw new CliError("EASEL_CLI_OPTION", `T2I-CompBench has no category "${stated}". It has ${names}.`);
}

/**
 * Finds and reads what one argument names: a file, or the folder of the pictures or of GenEval's results; each with
 * `category=` before it if need be.
 *
 * @throws CliError `EASEL_CLI_RESULTS`, or `EASEL_CLI_OPTION` for a category that T2I-CompBench does not have
 */
export async function findResult(argument: string): Promise<FoundResult> {
  const { stated, path } = await splitArgument(argument);
  const found = await stat(path);
  const pictures = await picturesOf(found.isDirectory() ? path : dirname(path));
  const category = stated ?? pictures.category ?? categoryOfPath(path);
  if (found.isDirectory()) return await inFolder(path, category, pictures);
  checkMetric(path, category);
  return { file: path, content: await readFile(path, "utf8"), ...pictures, category };
}
