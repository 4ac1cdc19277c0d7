// `easel train`: a run on this machine, from its beginning or from where it stopped.
import { fileURLToPath } from "node:url";
import { loadRunConfig } from "@easel/config";
import { describeError, exitCodeOf } from "@easel/process";
import type { Command } from "commander";
import {
  checkModel,
  type Entries,
  findRunFolder,
  makeRunFolder,
  type RunFolder,
  train,
} from "../train/index.js";

type TrainFlags = { config?: string; set: string[]; resume?: string; port?: string; trace?: boolean };

const builtEntries: Entries = {
  learner: appEntry("learner"),
  rollout: appEntry("rollout-worker"),
  reward: appEntry("reward-worker"),
};

/** Registers the command. */
export function addTrainCommand(program: Command): void {
  program
    .command("train")
    .description("train a policy on this machine: learner, rollout and reward workers, and a broker")
    .option("--config <file>", "settings, e.g. configs/nano.yaml; the defaults without it")
    .option(
      "--set <section.name=value>",
      "a setting; may be repeated",
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option("--resume <run>", "go on with a run, by its name or folder")
    .option("--port <number>", "port of the run's own nats-server; any free one without it")
    .option("--trace", "show the trace of an error")
    .action(async (flags: TrainFlags) => {
      process.exitCode = await trainCommand(flags, builtEntries);
    });
}

/** Runs the command with the given programs and returns its exit code. */
export async function trainCommand(flags: TrainFlags, entries: Entries): Promise<number> {
  const stop = new AbortController();
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const onSignal = (): void => {
    if (!stop.signal.aborted)
      say("\nStopping: the learner writes a checkpoint, the workers finish what they hold.");
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    const run = await runOf(flags);
    if (entries === builtEntries) await checkModel(run.config);
    say(`run ${run.config.run.name} in ${run.path}`);
    const result = await train({
      run,
      entries,
      env: process.env,
      ...(flags.port === undefined ? {} : { port: Number(flags.port) }),
      write: (text) => {
        process.stdout.write(text);
      },
      isTerminal: process.stdout.isTTY === true,
      columns: () => process.stdout.columns,
      signal: stop.signal,
    });
    say(
      result === "finished"
        ? `finished: metrics, checkpoints and samples are in ${run.path}`
        : `stopped. To go on: easel train --resume ${run.path}`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    if (flags.trace === true && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return exitCodeOf(error);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

async function runOf(flags: TrainFlags): Promise<RunFolder> {
  const sources = {
    env: process.env,
    sets: flags.set,
    ...(flags.config === undefined ? {} : { path: flags.config }),
  };
  const config = await loadRunConfig(sources);
  return flags.resume === undefined
    ? await makeRunFolder(config)
    : await findRunFolder(flags.resume, config.run.dir);
}

function appEntry(app: string): string {
  return fileURLToPath(new URL(`../../../${app}/dist/main.js`, import.meta.url));
}
