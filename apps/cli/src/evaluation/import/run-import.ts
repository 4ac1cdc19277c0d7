// What `easel eval import` does. Its options are in commands/eval-import.ts, which loads this file when it is needed.
import { writeFileAtomic } from "@easel/runs";
import { randomFrom } from "@easel/shapeworld";
import { findResult } from "./find-results.js";
import type { ImportedScore } from "./imported-score.js";
import { publishedResults } from "./published-rows.js";
import { checkDistinct, scoresOf } from "./read-scores.js";
import { resultsTable } from "./results-table.js";

/** The options of the command. */
export type ImportOptions = {
  readonly json?: string;
  /** Pictures of each prompt, where the files do not say. */
  readonly perPrompt?: number;
};

/** Reads all files and prints a table for each benchmark that they are of. */
export async function runImport(files: readonly string[], options: ImportOptions): Promise<void> {
  const scores: ImportedScore[] = [];
  for (const file of files) {
    const found = await findResult(file);
    const perPrompt = options.perPrompt ?? found.perPrompt;
    scores.push(...scoresOf({ ...found, perPrompt }, randomFrom("eval/import")));
  }
  checkDistinct(scores);
  const published = await publishedResults();
  const tables = (["t2i-compbench", "geneval"] as const)
    .filter((benchmark) => scores.some((one) => one.benchmark === benchmark))
    .map((benchmark) => resultsTable(benchmark, scores, published));
  // First, since a reader of the table who has seen enough ends the process.
  if (options.json !== undefined) {
    await writeFileAtomic(options.json, `${JSON.stringify({ scores }, null, 2)}\n`);
    process.stderr.write(`wrote ${options.json}\n`);
  }
  process.stdout.write(tables.join("\n"));
}
