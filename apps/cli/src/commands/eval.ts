// `easel eval`: measures a checkpoint, or what a run made of it, on held-out prompts.
import { type Command, Option } from "commander";
import type { EvalOptions } from "../evaluation/run-eval.js";
import { numberFrom, temperaturesOf, wholeFrom } from "../option-values.js";
import { shippedPath } from "../shipped-path.js";

/** Registers the command. */
export function addEvalCommand(program: Command): void {
  const command = program.command("eval");
  command
    // Options after a subcommand's name are the subcommand's own.
    .enablePositionalOptions()
    .description("measure a checkpoint on held-out prompts; with --policy, before and after training")
    // Checked in the action: a required option would be asked of the subcommands as well.
    .option("--checkpoint <folder>", "a checkpoint, e.g. assets/janus-nano", shippedPath)
    .option(
      "--policy <file>",
      "policy.safetensors of a run's checkpoint: what training made of it",
      shippedPath,
    )
    .option(
      "--lora-alpha <n>",
      "alpha, where the policy is a LoRA adapter (default: its rank)",
      numberFrom(0),
    )
    .addOption(new Option("--split <name>", "which prompts").choices(["dev", "test"]).default("test"))
    .option("--prompts <n>", "how many prompts", wholeFrom(1), 240)
    .option("--samples <n>", "samples of each prompt", wholeFrom(1), 1)
    .addOption(
      new Option("--temperature <list>", "sampling temperatures; 0 takes the likeliest token each time")
        .default([1, 0], "1,0")
        .argParser(temperaturesOf),
    )
    .option("--seed <n>", "seed of prompts and draws", wholeFrom(0), 1)
    .option("--guidance <scale>", "guidance scale on image tokens; 1 is without", numberFrom(1), 1)
    .option("--text-cap <n>", "longest chain in tokens", wholeFrom(1), 72)
    .option("--rows <n>", "samples drawn at once", wholeFrom(1), 128)
    .option("--json <file>", "also write all numbers here")
    .option("--no-cache", "draw everything anew")
    .action(async (options: EvalOptions) => {
      const { runEval } = await import("../evaluation/run-eval.js");
      await runEval(options);
    });
}
