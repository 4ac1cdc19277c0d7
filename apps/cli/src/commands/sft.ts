// `easel sft`: supervised training of chain and picture tokens, on a file of real pictures or on shapeworld. Which one, the
// settings file decides.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { wholeFrom } from "../option-values.js";
import type { SftOptions } from "../sft/sft-options.js";
import { shippedPath } from "../shipped-path.js";

const gathered = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];

/** Registers the command. */
export function addSftCommand(program: Command): void {
  program
    .command("sft")
    .description("train on prompts with chains and pictures: a data file, or shapeworld")
    .requiredOption(
      "--config <file>",
      "settings; with a section `data` for a file of pictures, else for shapeworld as configs/nano-sft.yaml",
      shippedPath,
    )
    .requiredOption("--out <folder>", "where checkpoint, states and samples are written")
    .option("--from <checkpoint>", "the checkpoint to start from", shippedPath)
    .option("--data <file>", "pictures: the data file, as `easel data prepare` writes it")
    .option("--set <setting>", "pictures: a setting, e.g. training.steps=200; repeatable", gathered, [])
    .option("--resume", "pictures: go on where --out stopped")
    .option("--vq <folder>", "shapeworld: the codec that `easel vq` wrote; needed to start anew", shippedPath)
    .option(
      "--stage <n>",
      "shapeworld: the stage to start with; another than the first, 1, needs --from",
      wholeFrom(1),
      1,
    )
    .action(async (options: SftOptions) => {
      // Loaded here, so that other commands start without the engine.
      const { isSftOnPictures } = await import("@easel/config");
      const file = { name: options.config, text: await readFile(options.config, "utf8") };
      if (isSftOnPictures(file)) {
        const { runPictureSft } = await import("../sft/run-picture-sft.js");
        await runPictureSft(options, file);
      } else {
        const { runSceneSft } = await import("../sft/run-scene-sft.js");
        await runSceneSft(options, file.text);
      }
    });
}
