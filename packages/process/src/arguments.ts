// The command line that every process of a run has.
import { parseArgs } from "node:util";
import { ProcessError } from "./errors.js";

export type ProcessArguments = {
  /** The run's folder, or the folder of this process's own state and log. */
  readonly folder: string;
  /** Name of the process, such as `learner` or `rollout-1`. */
  readonly name: string;
  /** A configuration to use in the place of the run folder's `config.json`. */
  readonly configPath: string | null;
  /** `directory`: under the folder, for processes that share it. `nats`: in the broker. */
  readonly blobs: "directory" | "nats";
  /** Compute threads; null leaves it to the configuration. */
  readonly threads: number | null;
  /** `file`: logs/<name>.jsonl in the folder. `stdout`: for containers. */
  readonly logTo: "file" | "stdout";
  /** Ends in good order when standard input closes, that is when whoever started the process is gone. */
  readonly untilStdinCloses: boolean;
  /** The learner may go on from its checkpoint although the broker's store is not the one it knew. */
  readonly acceptLostBroker: boolean;
};

/** @throws ProcessError `EASEL_PROCESS_ARGUMENTS` */
export function readArguments(argv: readonly string[], defaultName: string): ProcessArguments {
  const usage =
    "Use: --folder <run folder> [--name n] [--config file] [--blobs directory|nats] [--threads n] [--log file|stdout]";
  const parse = () =>
    parseArgs({
      args: [...argv],
      options: {
        folder: { type: "string" },
        name: { type: "string", default: defaultName },
        config: { type: "string" },
        blobs: { type: "string", default: "directory" },
        threads: { type: "string" },
        log: { type: "string", default: "file" },
        "until-stdin-closes": { type: "boolean", default: false },
        "accept-lost-broker": { type: "boolean", default: false },
      },
    }).values;
  let values: ReturnType<typeof parse>;
  try {
    values = parse();
  } catch (cause) {
    throw new ProcessError("EASEL_PROCESS_ARGUMENTS", `${(cause as Error).message}. ${usage}`, { cause });
  }
  const { folder, name, config, blobs, threads, log } = values;
  const wrong = (what: string): ProcessError =>
    new ProcessError("EASEL_PROCESS_ARGUMENTS", `${what}. ${usage}`);
  if (folder === undefined) throw wrong("--folder is missing");
  if (blobs !== "directory" && blobs !== "nats") throw wrong(`--blobs is ${blobs}`);
  if (log !== "file" && log !== "stdout") throw wrong(`--log is ${log}`);
  if (threads !== undefined && !(Number.isInteger(Number(threads)) && Number(threads) > 0))
    throw wrong(`--threads is ${threads}`);
  return {
    folder,
    name,
    configPath: config ?? null,
    blobs,
    threads: threads === undefined ? null : Number(threads),
    logTo: log,
    untilStdinCloses: values["until-stdin-closes"],
    acceptLostBroker: values["accept-lost-broker"],
  };
}
