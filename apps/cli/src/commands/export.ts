// `easel export`: writes a checkpoint in the original layout or that of the transformers library.
import type { CheckpointLayout } from "@easel/janus";
import { type Command, Option } from "commander";
import type { ExportCommandOptions } from "../export/run-export.js";
import { numberFrom, wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";

// Spelled here, so that the command line starts without loading the model package.
const layouts: readonly CheckpointLayout[] = ["original", "transformers"];

/** Registers the command. */
export function addExportCommand(program: Command): void {
  program
    .command("export")
    .description("write a checkpoint for other programs, with what training made of it")
    .requiredOption(
      "--checkpoint <folder>",
      "a checkpoint in either layout, e.g. assets/janus-nano",
      shippedPath,
    )
    .addOption(
      new Option("--layout <layout>", "names and config as which program expects them")
        .choices([...layouts])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <folder>", "where the export is written; must not exist yet")
    .option(
      "--adapter <path>",
      "policy.safetensors or a checkpoint of a run, or a folder with a PEFT adapter",
      shippedPath,
    )
    .option(
      "--merge",
      "put the adapter into the weights; otherwise it goes into the folder adapter of the export",
    )
    .option(
      "--lora-alpha <n>",
      "alpha, where the adapter's file does not say it (default: that of its run, or its rank)",
      numberFrom(0),
    )
    .option(
      "--image-size <n>",
      "pixels per side, where the config leaves it out and it is not 384",
      wholeFrom(1),
    )
    .action(async (options: ExportCommandOptions) => {
      const { runExport } = await import("../export/run-export.js");
      await runExport(options);
    });
}
