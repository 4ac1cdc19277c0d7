// Prompts of a list: a text file with one a line, or a file of rows with a field of that name. Judges nothing.
import { extname } from "node:path";
import { fieldNames, fieldValue, textValue } from "../rows/field-value.js";
import { formatOf, readRows } from "../rows/rows.js";
import { readLines } from "../rows/text-lines.js";

/** A prompt with its place in the list, or why there is none. */
export type PromptText = {
  readonly number: number;
  readonly prompt:
    | { readonly text: string }
    | { readonly reason: string; readonly fields: readonly string[] };
};

/**
 * Reads a list in its order. `.txt` holds one prompt a line; the other formats are those of `readRows`, whose
 * rows are texts or objects with the field.
 *
 * @throws DataError as `readRows` and `readLines`
 */
export async function* readPromptTexts(path: string, field: string): AsyncGenerator<PromptText> {
  if (extname(path).toLowerCase() === ".txt") {
    for await (const { number, text } of readLines(path)) yield { number, prompt: { text: text.trim() } };
    return;
  }
  for await (const { number, value } of readRows(path, formatOf(path), [field])) {
    const given = typeof value === "string" ? value : fieldValue(value, field);
    const fields = fieldNames(value);
    if (given === undefined || given === null) {
      yield { number, prompt: { reason: "prompt-missing", fields } };
      continue;
    }
    const text = textValue(given);
    yield { number, prompt: text === null ? { reason: "prompt-not-text", fields } : { text: text.trim() } };
  }
}
