// `easel eval`: measures checkpoints on held-out prompts, alone or against each other.
import { type Command, Option } from "commander";
import type { EvalOptions } from "../evaluation/run-eval.js";
import { guidanceScalesOf, numberFrom, seedsOf, temperaturesOf, wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";
import { addEvalImportCommand } from "./eval-import.js";

/** Registers the command. */
export function addEvalCommand(program: Command): void {
  const command = program.command("eval");
  addEvalImportCommand(command);
  command
    // Options after a subcommand's name are the subcommand's own.
    .enablePositionalOptions()
    .description(
      "measure a checkpoint on held-out prompts, or two against each other, or the start, the last and the best checkpoint of a run",
    )
    // Checked in the action: a required option would be asked of the subcommands as well.
    .option(
      "--checkpoint <folder>",
      "a checkpoint, e.g. assets/janus-nano, or the folder of a run's checkpoint",
      shippedPath,
    )
    .option(
      "--policy <file>",
      "policy.safetensors of a run's checkpoint, or an adapter's folder in PEFT's form: measured before and after training, or with --against the trained one alone",
      shippedPath,
    )
    .option(
      "--lora-alpha <n>",
      "alpha, where the policy is a LoRA adapter (default: its run's, or else its rank)",
      numberFrom(0),
    )
    .option("--run <run>", "a run's id, or `last`: its start against its last checkpoint and its best on dev")
    .option("--root <folder>", "where the run folders are", "runs")
    .option(
      "--against <path>",
      "the baseline to compare with: a checkpoint, or what --save wrote",
      shippedPath,
    )
    .option("--against-policy <file>", "policy over the baseline's checkpoint", shippedPath)
    .addOption(
      new Option("--split <name>", "which prompts; test is for final tables")
        .choices(["dev", "test"])
        .default("dev"),
    )
    .option("--prompts <n>", "how many prompts", wholeFrom(1), 240)
    .option(
      "--samples <n>",
      "images per prompt; at temperature 0 all would be the same, and one is drawn",
      wholeFrom(1),
      1,
    )
    .addOption(
      new Option("--temperature <list>", "sampling temperatures; 0 takes the likeliest token each time")
        .default([1, 0], "1,0")
        .argParser(temperaturesOf),
    )
    .option("--seed <list>", "seeds of the draws, each shown apart (default: 1, or the run's)", seedsOf)
    .option("--prompt-seed <n>", "seed of the prompt set (default: the first seed)", wholeFrom(0))
    .option(
      "--guidance <list>",
      "guidance scales on image tokens, each shown apart; 1 is without (default: the run's, or what suits the checkpoint: 5 for GoT-R1's, 1 for janus-nano)",
      guidanceScalesOf,
    )
    .option("--text-cap <n>", "longest chain in tokens (default: the run's, or 600 and 72)", wholeFrom(1))
    .option("--rows <n>", "samples drawn at once (default: the run's, or 16 and 128)", wholeFrom(1))
    .addOption(
      new Option(
        "--weights <type>",
        "in memory; bfloat16 keeps weights that the checkpoint stores so, in half the memory, with the same numbers (default: float32, or the run's)",
      ).choices(["float32", "bfloat16"]),
    )
    .option("--json <file>", "also write all numbers here")
    .option("--page <file>", "write a page that shows two models side by side, picture by picture")
    .option("--save <file>", "keep this model's samples here, to be named with --against later")
    .option("--no-cache", "draw everything anew")
    .action(async (options: EvalOptions) => {
      const { runEval } = await import("../evaluation/run-eval.js");
      await runEval(options);
    });
}
