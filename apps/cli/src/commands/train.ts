// `easel train`: a run on this machine, from its beginning or from where it stopped.
import type { Command } from "commander";
import { shippedPath } from "../shipped-path.js";
import type { TrainFlags } from "../train/train-command.js";

/** Registers the command. */
export function addTrainCommand(program: Command): void {
  program
    .command("train")
    .description("train a policy on this machine: learner, rollout and reward workers, and a broker")
    .option("--config <file>", "settings, e.g. configs/nano.yaml; the defaults without it", shippedPath)
    .option(
      "--set <section.name=value>",
      "a setting; may be repeated",
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option(
      "--resume <run>",
      "go on with a run, by its id or folder, or `last`; --set learner.steps and learner.maxTime give it new limits",
    )
    .option(
      "--accept-lost-broker",
      "with --resume: go on from the last checkpoint although the broker's store was lost",
    )
    .option("--port <number>", "port of the run's own nats-server; any free one without it")
    .action(async (flags: TrainFlags, command: Command) => {
      const { builtPrograms, trainCommand } = await import("../train/train-command.js");
      process.exitCode = await trainCommand(
        { ...command.optsWithGlobals<TrainFlags>(), ...flags },
        builtPrograms,
      );
    });
}
