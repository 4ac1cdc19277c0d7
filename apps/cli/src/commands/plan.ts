// `easel plan`: what a configuration will need, before anything is downloaded or started.
import type { Command } from "commander";
import { wholeFrom } from "../option-values.js";
import type { PlanOptions } from "../plan/run-plan.js";
import { shippedPath } from "../shipped-path.js";

/** Registers the command. */
export function addPlanCommand(program: Command): void {
  program
    .command("plan")
    .description("say what a configuration will need: memory, bytes, judge calls, time; reads no weights")
    .argument("<config>", "settings of a run or of sft on pictures, e.g. configs/got-r1-1b.yaml", shippedPath)
    .option("--card <size>", "memory of a GPU, e.g. 48GB; GPU figures are estimates (default: the processor)")
    .option(
      "--model <name>",
      "a known model, a config.json or its folder, in the place of the configuration's checkpoint",
      shippedPath,
    )
    .option(
      "--set <section.name=value>",
      "a setting; may be repeated",
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option("--prompt-tokens <n>", "tokens of a rendered prompt, in the place of an assumption", wholeFrom(1))
    .option("--chain-tokens <n>", "tokens of a usual chain, in the place of an assumption", wholeFrom(1))
    .option("--json", "print the figures as JSON")
    .action(async (config: string, options: PlanOptions) => {
      const { runPlan } = await import("../plan/run-plan.js");
      process.stdout.write(await runPlan(config, options));
    });
}
