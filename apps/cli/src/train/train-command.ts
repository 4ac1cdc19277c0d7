// What `easel train` does: a run on this machine from its beginning or from where it stopped, and its results. Its options
// are in commands/train.ts, which loads this file when it is needed.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { diskFull, exitCodeOf } from "@easel/process";
import { createLogger } from "@easel/telemetry";
import type { Conclusion } from "../conclusion/conclude-run.js";
import type { RunFates } from "../conclusion/fates.js";
import { presentError } from "../present-error.js";
import { chosenRun, type RunChoice } from "./chosen-run.js";
import { setSummaryAside } from "./earlier-summary.js";
import { checkModel, lockRunFolder } from "./run-folder.js";
import { onStopSignal } from "./stop-signals.js";
import { type Entries, type TrainResult, train } from "./train.js";

/** The options of the command. */
export type TrainFlags = RunChoice & {
  readonly port?: string;
  readonly trace?: boolean;
  readonly acceptLostBroker?: boolean;
};

/** The programs of a run, and what makes its results; tests pass their own. */
export type TrainPrograms = {
  readonly entries: Entries;
  /** Measures a finished run; null leaves it at the checkpoint. */
  readonly conclude: ((conclusion: Conclusion) => Promise<unknown>) | null;
  /** Refuses a model that cannot be trained. */
  readonly check: typeof checkModel;
  /** Listens for Ctrl-C; that of this process unless told. */
  readonly onStopSignal?: typeof onStopSignal;
};

/** The real ones. */
export const builtPrograms: TrainPrograms = {
  entries: {
    learner: appEntry("learner"),
    rollout: appEntry("rollout-worker"),
    reward: appEntry("reward-worker"),
  },
  conclude: async (conclusion) => {
    // Loads the engine, which nothing before needs.
    const { concludeRun } = await import("../conclusion/conclude-run.js");
    return await concludeRun(conclusion);
  },
  check: checkModel,
};

/** Runs the command and returns its exit code. */
export async function trainCommand(flags: TrainFlags, programs: TrainPrograms): Promise<number> {
  const stop = new AbortController();
  let measuring = false;
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const onSignal = (): void => {
    // While nothing but measuring goes on, a second signal may end it at once: nothing can be lost.
    if (stop.signal.aborted && measuring) process.exit(130);
    if (!stop.signal.aborted)
      say(
        measuring
          ? "\nStopping after what is being drawn; once more stops at once."
          : "\nStopping: the learner writes a checkpoint, the workers finish what they hold.",
      );
    stop.abort();
  };
  const stopListening = (programs.onStopSignal ?? onStopSignal)(onSignal);
  let path: string | null = null;
  try {
    const startedMs = Date.now();
    const { folder, config } = await chosenRun(flags, process.env, programs.check);
    path = folder.path;
    say(`run ${folder.id} in ${path}`);
    const aside = flags.resume === undefined ? null : await setSummaryAside(folder, config);
    if (aside !== null) say(`it goes on; its results so far are kept in ${aside}`);
    let fates: RunFates | null = null;
    const result: TrainResult = await train({
      run: { path, config },
      entries: programs.entries,
      env: process.env,
      ...(flags.port === undefined ? {} : { port: Number(flags.port) }),
      acceptLostBroker: flags.acceptLostBroker === true,
      write: (text) => {
        process.stdout.write(text);
      },
      isTerminal: process.stdout.isTTY === true,
      columns: () => process.stdout.columns,
      signal: stop.signal,
      onFinished: async (url) => {
        const { readFates } = await import("../conclusion/fates.js");
        fates = await readFates(url, config.run.name);
      },
    });
    if (result !== "finished" || fates === null) {
      say(`stopped. To go on: easel train --resume ${path}`);
      return 0;
    }
    say(`training finished: metrics and checkpoints are in ${path}`);
    if (programs.conclude === null) return 0;
    measuring = true;
    const release = await lockRunFolder(path);
    const log = createLogger({
      name: "train",
      file: join(path, "logs", "train.jsonl"),
      fields: { run: config.run.name },
    });
    try {
      await programs.conclude({
        folder,
        config,
        fates,
        startedMs,
        env: process.env,
        // Into the log too, so that the run is seen to go on while nothing else is written.
        say: (line) => {
          say(line);
          log.info({}, line.trim());
        },
        nowMs: Date.now,
        signal: stop.signal,
      });
    } finally {
      await release();
    }
    return 0;
  } catch (caught) {
    const error = path === null ? caught : (diskFull(caught, path) ?? caught);
    if (measuring && stop.signal.aborted) {
      say(`stopped before the results were measured. To measure them: easel train --resume ${path}`);
      return 0;
    }
    process.stderr.write(presentError(error, flags.trace === true));
    if (measuring)
      process.stderr.write(`The training is kept. To measure it again: easel train --resume ${path}\n`);
    return exitCodeOf(error);
  } finally {
    stopListening();
  }
}

function appEntry(app: string): string {
  return fileURLToPath(new URL(`../../../${app}/dist/main.js`, import.meta.url));
}
