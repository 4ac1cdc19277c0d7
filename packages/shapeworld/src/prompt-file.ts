// Training prompts from a file: JSON lines, one prompt a line. Reading text; the file itself is read in training-prompts.ts.
import { canonicalKey } from "./canonical-key.js";
import { ShapeworldError } from "./errors.js";
import { promptFault } from "./prompt-fault.js";
import type { PromptSpec } from "./prompt-spec.js";
import { splitOf } from "./split.js";

/** Held-out prompts that a message names; more are counted. */
const NAMED = 3;

/**
 * The prompts of a text in its order. `key`, `split` and a relation's `inverted` may be left out; where they are given they must be right.
 *
 * @param name how messages call the text, usually the file
 * @throws ShapeworldError `EASEL_SHAPEWORLD_PROMPT_FILE` naming the line, or `EASEL_SHAPEWORLD_HELD_OUT_PROMPT` naming the prompts of
 * dev and test, which must never be trained on
 */
export function parsePromptFile(text: string, name: string): PromptSpec[] {
  const prompts: PromptSpec[] = [];
  const heldOut: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const prompt = promptOf(line, `${name}:${index + 1}`);
    prompts.push(prompt);
    if (prompt.split !== "train") heldOut.push(`line ${index + 1} (${prompt.split}): "${prompt.text}"`);
  }
  if (prompts.length === 0) {
    throw wrong(
      `${name} is empty: it has no prompt. Write one JSON prompt a line, or set world.trainFile to null to have prompts drawn.`,
    );
  }
  if (heldOut.length > 0) {
    const more = heldOut.length > NAMED ? `, and ${heldOut.length - NAMED} more` : "";
    throw new ShapeworldError(
      "EASEL_SHAPEWORLD_HELD_OUT_PROMPT",
      `${name} has ${heldOut.length} of ${prompts.length} prompts from the held-out parts of the world: ${heldOut.slice(0, NAMED).join("; ")}${more}. Remove them: what is trained on cannot be measured with.`,
    );
  }
  return prompts;
}

function promptOf(line: string, place: string): PromptSpec {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw wrong(`${place} is not JSON (${(cause as Error).message}). Write one whole prompt a line.`, cause);
  }
  const given = typeof value === "object" && value !== null ? (value as Partial<PromptSpec>) : {};
  // What follows from the rest may be left out; whether the rest is right is looked at next.
  const whole = Array.isArray(value) ? value : { key: "", split: "train", ...given };
  const fault = promptFault(whole) ?? ((whole as PromptSpec).text.trim() === "" ? "text is empty" : null);
  if (fault !== null)
    throw wrong(
      `${place} is not a prompt of the shape world: ${fault}. See packages/shapeworld for the form.`,
    );
  const { category, text, objects, relations } = whole as PromptSpec;
  const key = canonicalKey(objects, relations);
  const split = splitOf(key);
  if (given.key !== undefined && given.key !== key) {
    throw wrong(
      `${place} has the key ${JSON.stringify(given.key)}, but its objects and relations give ${JSON.stringify(key)}. Correct them, or leave the key out.`,
    );
  }
  if (given.split !== undefined && given.split !== split) {
    throw wrong(
      `${place} says split ${given.split}, but its combination is of ${split}. Leave the split out.`,
    );
  }
  return {
    category,
    text,
    objects,
    relations: relations.map((one) => ({ ...one, inverted: one.inverted === true })),
    key,
    split,
  };
}

function wrong(message: string, cause?: unknown): ShapeworldError {
  return new ShapeworldError("EASEL_SHAPEWORLD_PROMPT_FILE", message, cause === undefined ? {} : { cause });
}
