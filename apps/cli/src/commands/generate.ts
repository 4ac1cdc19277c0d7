// `easel generate`: draws pictures for one prompt, with the plans that the model wrote first.
import type { Command } from "commander";
import type { GenerateOptions } from "../generation/run-generate.js";
import { numberFrom, shareOf, wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";

/** Registers the command. */
export function addGenerateCommand(program: Command): void {
  program
    .command("generate")
    .description("draw pictures for a prompt, with their plans")
    .requiredOption("--checkpoint <folder>", "a checkpoint, e.g. assets/janus-nano", shippedPath)
    .requiredOption("--prompt <text>", 'e.g. "a red circle left of a blue square"')
    .requiredOption("--out <folder>", "where pictures and records are written")
    .option("--policy <file>", "policy.safetensors of a run's checkpoint", shippedPath)
    .option(
      "--lora-alpha <n>",
      "alpha, where the policy is a LoRA adapter (default: its rank)",
      numberFrom(0),
    )
    .option("-n, --number <n>", "how many pictures", wholeFrom(1), 4)
    .option("--seed <n>", "the same seed gives the same pictures on the same engine", wholeFrom(0), 1)
    .option("--temperature <t>", "0 takes the likeliest token each time", numberFrom(0), 1)
    .option("--top-k <n>", "sample among the likeliest n tokens only, plan and picture", wholeFrom(1))
    .option("--top-p <share>", "sample among the likeliest tokens that make up this share only", shareOf)
    .option("--guidance <scale>", "guidance scale on image tokens; 1 is without", numberFrom(1), 1)
    .option("--text-cap <n>", "longest chain in tokens", wholeFrom(1), 72)
    .option("--scale <n>", "enlargement of the pictures that show the plan", wholeFrom(1), 6)
    .action(async (options: GenerateOptions) => {
      const { runGenerate } = await import("../generation/run-generate.js");
      await runGenerate(options);
    });
}
