// The frame around the work of one process: read arguments and configuration, open log, broker and blobs, stop in good order on a signal,
// and end with one message and an exit code that says whether another start may help.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BlobStore,
  type Bus,
  connectBus,
  ensureTopology,
  openDirectoryBlobStore,
  openNatsBlobStore,
} from "@easel/bus";
import { loadRunConfig, type RunConfig } from "@easel/config";
import { createLogger, type Logger } from "@easel/telemetry";
import { type ProcessArguments, readArguments } from "./arguments.js";
import { diskFull } from "./disk-full.js";
import { ProcessError } from "./errors.js";
import { describeError, exitCodeOf, exitCodes } from "./exit-code.js";

export type RunningProcess = {
  readonly args: ProcessArguments;
  /** Name of the run in subjects: the configuration's, unless the run's folder says another. */
  readonly run: string;
  readonly config: RunConfig;
  readonly log: Logger;
  readonly bus: Bus;
  readonly weights: BlobStore;
  readonly images: BlobStore;
  /** Aborted by SIGTERM or SIGINT: finish what is under way and return. */
  readonly signal: AbortSignal;
};

export type ProcessFrame = {
  /** Name of the process unless `--name` gives another. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly main: (running: RunningProcess) => Promise<void>;
};

/** Runs a process's work and returns its exit code. */
export async function runProcess(frame: ProcessFrame): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once("SIGTERM", onSignal);
  process.once("SIGINT", onSignal);
  let log: Logger | null = null;
  let bus: Bus | null = null;
  let folder: string | null = null;
  try {
    const args = readArguments(frame.argv, frame.name);
    folder = args.folder;
    if (args.untilStdinCloses) process.stdin.once("end", onSignal).once("error", onSignal).resume();
    const config = await configOf(args, frame.env);
    const run = config.run.name;
    log = createLogger({
      name: args.name,
      fields: { run },
      ...(args.logTo === "stdout" ? {} : { file: join(args.folder, "logs", `${args.name}.jsonl`) }),
    });
    bus = await connectTo(config, args, frame.env, log);
    await ensureTopology(bus, {
      run,
      rewards: config.rewards.names,
      ackWaitMs: config.bus.leaseMs,
      maxDeliveries: config.bus.maxAttempts,
      replicas: config.bus.replicas,
    });
    const blobs = await openBlobs(bus, config, args);
    log.info({ server: bus.serverVersion, blobs: args.blobs }, "process started");
    await frame.main({ args, run, config, log, bus, signal: stop.signal, ...blobs });
    log.info({}, "process ended in good order");
    return exitCodes.ok;
  } catch (caught) {
    const error = folder === null ? caught : (diskFull(caught, folder) ?? caught);
    const code = exitCodeOf(error);
    log?.error({ err: error, exitCode: code }, "process ends with an error");
    process.stderr.write(`${describeError(error)}\n`);
    return code;
  } finally {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
    await bus?.close().catch(() => {});
  }
}

async function configOf(args: ProcessArguments, env: ProcessFrame["env"]): Promise<RunConfig> {
  if (args.configPath !== null) return await loadRunConfig({ path: args.configPath, env });
  const path = join(args.folder, "config.json");
  try {
    return JSON.parse(await readFile(path, "utf8")) as RunConfig;
  } catch (cause) {
    throw new ProcessError(
      "EASEL_PROCESS_FOLDER",
      `${path} cannot be read. Start runs with "easel train", or name a configuration with --config.`,
      { cause },
    );
  }
}

async function connectTo(
  config: RunConfig,
  args: ProcessArguments,
  env: ProcessFrame["env"],
  log: Logger,
): Promise<Bus> {
  const address = env.EASEL_NATS_URL ?? config.bus.nats;
  if (address === "auto") {
    throw new ProcessError(
      "EASEL_PROCESS_ARGUMENTS",
      'bus.nats is "auto", which only "easel train" can resolve. Set EASEL_NATS_URL to a NATS server, such as nats://127.0.0.1:4222.',
    );
  }
  const url = new URL(address);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  return await connectBus({
    servers: url.toString().replace(/\/$/, ""),
    name: `${config.run.name}/${args.name}`,
    ...(username === ""
      ? {}
      : { user: decodeURIComponent(username), password: decodeURIComponent(password) }),
    observe: ({ name, level, fields: { run: _run, ...fields } }) => {
      if (level === "alarm") log.warn(fields, name);
      else log.info(fields, name);
    },
  });
}

async function openBlobs(
  bus: Bus,
  config: RunConfig,
  args: ProcessArguments,
): Promise<{ readonly weights: BlobStore; readonly images: BlobStore }> {
  const quotaBytes = config.bus.imageQuotaBytes;
  if (args.blobs === "directory") {
    return {
      weights: await openDirectoryBlobStore({ folder: join(args.folder, "blobs", "weights") }),
      images: await openDirectoryBlobStore({ folder: join(args.folder, "blobs", "images"), quotaBytes }),
    };
  }
  const replicas = config.bus.replicas;
  return {
    weights: await openNatsBlobStore(bus, { bucket: `weights-${config.run.name}`, replicas }),
    images: await openNatsBlobStore(bus, { bucket: `images-${config.run.name}`, replicas, quotaBytes }),
  };
}
