// Writes the record files of this package: the same records give the same bytes.

import type { z } from "zod";
import { DataError } from "../errors.js";
import { type RlPrompt, rlPromptSchema } from "./rl-prompt.js";
import { type SupervisedExample, supervisedExampleSchema } from "./supervised-example.js";
import { type WrittenFile, writeLines } from "./whole-file.js";

/** Records, at once or as they come. */
export type Records<T> = AsyncIterable<T> | Iterable<T>;

/**
 * Writes supervised examples, one a line; the file appears whole or not at all.
 *
 * @throws DataError `EASEL_DATA_BAD_RECORD` for a record that the reader would refuse
 */
export function writeSupervisedExamples(
  path: string,
  examples: Records<SupervisedExample>,
): Promise<WrittenFile> {
  return writeLines(
    path,
    linesOf(path, examples, supervisedExampleSchema, (example) => {
      const { id, prompt, chain, image, width, height, source } = example;
      return { id, prompt, chain, image, width, height, source };
    }),
  );
}

/**
 * Writes RL prompts, one a line; the file appears whole or not at all.
 *
 * @throws DataError as `writeSupervisedExamples`
 */
export function writeRlPrompts(path: string, prompts: Records<RlPrompt>): Promise<WrittenFile> {
  return writeLines(
    path,
    linesOf(path, prompts, rlPromptSchema, ({ id, prompt, source, skill }) => ({
      id,
      prompt,
      source,
      skill,
    })),
  );
}

/** `inOrder` fixes the order of the fields, so that equal records are equal bytes. */
async function* linesOf<T>(
  path: string,
  records: Records<T>,
  schema: z.ZodType<T>,
  inOrder: (record: T) => Readonly<Record<string, unknown>>,
): AsyncGenerator<string> {
  let number = 0;
  for await (const record of records) {
    number += 1;
    const result = schema.safeParse(record);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw new DataError(
        "EASEL_DATA_BAD_RECORD",
        `${path}:${number}: the record cannot be written; field ${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}.`,
      );
    }
    yield JSON.stringify(inOrder(record));
  }
}
