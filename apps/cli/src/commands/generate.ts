// `easel generate`: draws pictures for one prompt or a list, with the plans that the model wrote first.
import { type Command, Option } from "commander";
import type { GenerateOptions } from "../generation/run-generate.js";
import { numberFrom, shareOf, wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";

/** Registers the command. */
export function addGenerateCommand(program: Command): void {
  program
    .command("generate")
    .description(
      "draw pictures for a prompt or a list of them, with their plans; goes on where it was stopped",
    )
    .requiredOption("--checkpoint <folder>", "a checkpoint, e.g. assets/janus-nano", shippedPath)
    .option("--prompt <text>", 'e.g. "a red circle left of a blue square"')
    .option("--prompts <file>", "a prompt a line, or JSON lines with a prompt each")
    .requiredOption("--out <folder>", "where pictures and records are written")
    .addOption(
      new Option("--layout <name>", "file names as the scripts of a benchmark read them")
        .choices(["plain", "t2i-compbench", "geneval"])
        .default("plain"),
    )
    .option(
      "--policy <path>",
      "policy.safetensors of a run's checkpoint, or an adapter's folder in PEFT's form",
      shippedPath,
    )
    .option(
      "--lora-alpha <n>",
      "alpha, where the policy is a LoRA adapter (default: its rank)",
      numberFrom(0),
    )
    .option("-n, --number <n>", "pictures a prompt (default: 4; 10 for t2i-compbench)", wholeFrom(1))
    .addOption(
      new Option("--chains <how>", "a chain for each picture, or one for all of a prompt, as GoT-R1 does it")
        .choices(["each", "shared"])
        .default("each"),
    )
    .option("--rows <n>", "most pictures drawn at once", wholeFrom(1), 16)
    .addOption(
      new Option(
        "--weights <type>",
        "in memory; bfloat16 keeps weights that the checkpoint stores so, in half the memory, with the same pictures",
      )
        .choices(["float32", "bfloat16"])
        .default("float32"),
    )
    .option("--seed <n>", "the same seed gives the same pictures on the same engine", wholeFrom(0), 1)
    .option(
      "--temperature <t>",
      "of plan and picture; 0 takes the likeliest token each time",
      numberFrom(0),
      1,
    )
    .option("--text-temperature <t>", "of the plan, where it is another", numberFrom(0))
    .option("--image-temperature <t>", "of the picture, where it is another", numberFrom(0))
    .option("--top-k <n>", "sample among the likeliest n tokens only, plan and picture", wholeFrom(1))
    .option("--top-p <share>", "sample among the likeliest tokens that make up this share only", shareOf)
    .option(
      "--guidance <scale>",
      "guidance scale on image tokens; 1 is without (default: 5 as GoT-R1; 1 for a checkpoint with its own prompt template)",
      numberFrom(1),
    )
    .option("--text-cap <n>", "longest chain in tokens (default: 600 or 72, likewise)", wholeFrom(1))
    .option("--scale <n>", "enlargement of the pictures that show the plan", wholeFrom(1))
    .action(async (options: GenerateOptions) => {
      const { runGenerate } = await import("../generation/run-generate.js");
      await runGenerate(options);
    });
}
