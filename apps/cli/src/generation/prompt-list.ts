// The prompts of `easel generate --prompts`: plain lines, or JSON lines with a `prompt` each (RL prompts, GenEval's
// evaluation_metadata.jsonl). Pure; whether a layout can take a prompt is the layout's to say.
import { CliError } from "../errors.js";

/** One prompt. */
export type GenerationPrompt = {
  /** Unique in its list: the line's own `id`, else its index from 0. */
  readonly id: string;
  readonly text: string;
  readonly skill?: string;
  /** The JSON line as it was given; null for a plain one. */
  readonly line: string | null;
};

function fault(name: string, number: number, problem: string): CliError {
  return new CliError("EASEL_CLI_PROMPTS", `${name}:${number}: ${problem}`);
}

function textField(value: object, key: string): string | undefined {
  const found: unknown = (value as Readonly<Record<string, unknown>>)[key];
  return typeof found === "string" && found.trim() !== "" ? found : undefined;
}

function jsonPrompt(line: string, index: number, name: string): GenerationPrompt {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fault(name, index + 1, "the line is not JSON, and the first line is. Give one JSON object a line.");
  }
  const text = typeof value === "object" && value !== null ? textField(value, "prompt") : undefined;
  if (typeof value !== "object" || value === null || text === undefined) {
    throw fault(name, index + 1, 'the line has no "prompt" with words in it. Give each line one.');
  }
  const skill = textField(value, "skill") ?? textField(value, "tag");
  return {
    id: textField(value, "id") ?? String(index),
    text,
    ...(skill === undefined ? {} : { skill }),
    line: line.trim(),
  };
}

/**
 * Reads a list of prompts. With a JSON object in the first line every line must be one with a `prompt`, and may have an
 * `id` and a `skill` (or GenEval's `tag`). Otherwise each line is a prompt, up to a tab if there is one, as T2I-CompBench's
 * own scripts read its lists.
 *
 * @param name the file, for messages
 * @throws CliError `EASEL_CLI_PROMPTS` for no prompt at all, an empty line between others, a broken JSON line, or an id
 *   that occurs twice
 */
export function parsePromptList(content: string, name: string): readonly GenerationPrompt[] {
  const lines = content.replace(/^\uFEFF/, "").split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  if (lines.length === 0) {
    throw new CliError("EASEL_CLI_PROMPTS", `${name} holds no prompt. Give a file with one a line.`);
  }
  const isJson = lines[0]?.trimStart().startsWith("{") ?? false;
  const numbers = new Map<string, number>();
  return lines.map((line, index) => {
    const plain = (line.split("\t")[0] ?? "").trim();
    if (isJson ? line.trim() === "" : plain === "") {
      throw fault(name, index + 1, "the line holds no prompt. Remove it, or write one.");
    }
    const prompt: GenerationPrompt = isJson
      ? jsonPrompt(line, index, name)
      : { id: String(index), text: plain, line: null };
    const first = numbers.get(prompt.id);
    if (first !== undefined) {
      throw fault(
        name,
        index + 1,
        `the id "${prompt.id}" is that of line ${first}. Give each prompt its own.`,
      );
    }
    numbers.set(prompt.id, index + 1);
    return prompt;
  });
}
