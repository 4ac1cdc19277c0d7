// The prompts that a run trains on: drawn from the world, or read from a file. In which order they come is the learner's business.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ShapeworldError } from "./errors.js";
import { parsePromptFile } from "./prompt-file.js";
import { promptSet } from "./prompt-set.js";
import type { PromptSpec } from "./prompt-spec.js";

export type TrainingPrompts = {
  readonly prompts: readonly PromptSpec[];
  /** SHA-256 of the file; null where prompts are drawn, which follow from count and seed. */
  readonly fileDigest: string | null;
};

export type TrainingPromptSource = {
  /** A file of JSON lines; null or absent draws `count` prompts. */
  readonly file: string | null | undefined;
  readonly count: number;
  readonly seed: number;
};

/** @throws ShapeworldError `EASEL_SHAPEWORLD_PROMPT_FILE` or `EASEL_SHAPEWORLD_HELD_OUT_PROMPT`, naming file and line. */
export async function loadTrainingPrompts({
  file,
  count,
  seed,
}: TrainingPromptSource): Promise<TrainingPrompts> {
  if (file === null || file === undefined) {
    return { prompts: promptSet("train", count, seed), fileDigest: null };
  }
  const bytes = await readBytes(file);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ShapeworldError(
      "EASEL_SHAPEWORLD_PROMPT_FILE",
      `${file} is not text in UTF-8. Point world.trainFile to a file of JSON lines, one prompt a line.`,
      { cause },
    );
  }
  return {
    prompts: parsePromptFile(text, file),
    fileDigest: createHash("sha256").update(bytes).digest("hex"),
  };
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ShapeworldError(
      "EASEL_SHAPEWORLD_PROMPT_FILE",
      `The prompt file ${file} cannot be read (${(cause as Error).message}). Correct world.trainFile, or restore the file.`,
      { cause },
    );
  }
}
