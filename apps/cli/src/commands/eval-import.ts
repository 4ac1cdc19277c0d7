// `easel eval import`: what the scripts of T2I-CompBench and GenEval measured, beside what papers report.
import type { Command } from "commander";
import type { ImportOptions } from "../evaluation/import/run-import.js";
import { wholeFrom } from "../option-values.js";

/** Registers the subcommand under `easel eval`. */
export function addEvalImportCommand(evaluation: Command): void {
  evaluation
    .command("import")
    .description("print result files of T2I-CompBench's and GenEval's own scripts beside the published rows")
    .argument(
      "<file...>",
      "result files, or the folders of the pictures; category=FILE where the path does not say, e.g. color=FILE",
    )
    .option("--per-prompt <n>", "pictures of each prompt, where generation.json is not there", wholeFrom(1))
    .option("--json <file>", "also write all numbers here")
    .action(async (files: readonly string[], options: ImportOptions) => {
      const { runImport } = await import("../evaluation/import/run-import.js");
      await runImport(files, options);
    });
}
