// Reads the record files of this package line by line. What a record is, its schema says.
import type { z } from "zod";
import { DataError } from "../errors.js";
import { parseJsonLine } from "../rows/json-line.js";
import { type LineOptions, readLines, type TextLine } from "../rows/text-lines.js";
import { type RlPrompt, rlPromptSchema } from "./rl-prompt.js";
import { type SupervisedExample, supervisedExampleSchema } from "./supervised-example.js";

/**
 * Reads supervised examples in the order of the file. Lines without any character are passed over.
 *
 * @throws DataError `EASEL_DATA_BAD_RECORD` at the first line that is none, with file, line number and field; and as `readLines`
 */
export function readSupervisedExamples(
  path: string,
  options: LineOptions = {},
): AsyncGenerator<SupervisedExample> {
  return readRecords(path, supervisedExampleSchema, options);
}

/**
 * Reads RL prompts in the order of the file. Lines without any character are passed over.
 *
 * @throws DataError as `readSupervisedExamples`
 */
export function readRlPrompts(path: string, options: LineOptions = {}): AsyncGenerator<RlPrompt> {
  return readRecords(path, rlPromptSchema, options);
}

async function* readRecords<T>(path: string, schema: z.ZodType<T>, options: LineOptions): AsyncGenerator<T> {
  for await (const line of readLines(path, options)) {
    if (line.text.trim() !== "") yield recordOf(path, line, schema);
  }
}

function recordOf<T>(path: string, line: TextLine, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parseJsonLine(path, line));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    if (issue.code === "unrecognized_keys") return `unknown field ${issue.keys.join(", ")}`;
    const field = issue.path.map(String).join(".");
    return `${field === "" ? "the line" : `field ${field}`}: ${issue.message}`;
  });
  throw new DataError(
    "EASEL_DATA_BAD_RECORD",
    `${path}:${line.number}: ${problems.join("; ")}. Correct this line.`,
  );
}
