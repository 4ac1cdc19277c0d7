// `easel train` without its command line: broker, processes, live line, and an end in good order. The run's state is in its folder and
// in the broker's store beneath it; nothing is kept here.
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { connectBus, openEventCursor } from "@easel/bus";
import { createLiveDisplay, createLogger, type LiveDisplay } from "@easel/telemetry";
import { TrainError } from "./errors.js";
import { withLargePages } from "./large-pages.js";
import { afterEvent, initialLive } from "./live-status.js";
import { startLocalNats } from "./nats-process.js";
import { lockRunFolder, type RunFolder } from "./run-folder.js";
import { type ProcessSpec, Supervisor } from "./supervisor.js";
import { threadBudget } from "./thread-budget.js";

/** The programs of the processes: the built apps, or a test's own. */
export type Entries = { readonly learner: string; readonly rollout: string; readonly reward: string };

export type TrainOptions = {
  readonly run: RunFolder;
  readonly entries: Entries;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Port of the run's own nats-server; any free one unless told. */
  readonly port?: number;
  /** The learner may go on from its checkpoint although the broker's store is not the one it knew. */
  readonly acceptLostBroker?: boolean;
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns?: () => number;
  /** Aborted by Ctrl-C: everything stops in good order. */
  readonly signal: AbortSignal;
  /** Called when training is done and the broker is still there. */
  readonly onFinished?: (url: string) => Promise<void>;
};

export type TrainResult = "finished" | "stopped";

const LEARNER_GRACE_MS = 120_000;
const WORKER_GRACE_MS = 30_000;
const NATS_GRACE_MS = 10_000;

/**
 * Runs until the learner is done or the signal is aborted.
 * @throws TrainError or BusError; the run can be resumed after any of them.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { run, signal } = options;
  const { path, config } = run;
  await mkdir(join(path, "logs"), { recursive: true });
  const release = await lockRunFolder(path);
  const log = createLogger({
    name: "train",
    file: join(path, "logs", "train.jsonl"),
    fields: { run: config.run.name },
  });
  const display = createLiveDisplay({
    write: options.write,
    isTerminal: options.isTerminal,
    now: () => performance.now(),
    ...(options.columns === undefined ? {} : { columns: options.columns }),
  });
  const local = config.bus.nats === "auto" ? await startOrRelease(options, release) : null;
  const url = local?.url ?? config.bus.nats;
  const supervisor = new Supervisor({ folder: path, log, note: (line) => display.note(line) });
  const over = new AbortController();
  try {
    log.info({ url: local?.url ?? "external", version: local?.version ?? null }, "broker");
    const showing = showEvents(url, run, display, over.signal).catch((error: unknown) => {
      log.warn({ err: error }, "the live line has no events");
    });
    const { learner, workers } = processesOf(options, url);
    const names = workers.map(({ name }) => name);
    const working = Promise.all(workers.map((worker) => supervisor.run(worker)));
    const learning = supervisor.run(learner);
    // The first failure ends the run and is told; what fails because of it is in the log.
    for (const one of [working, learning]) one.catch(() => {});
    const brokerGone = local?.child.exited.then(() => "broker" as const) ?? new Promise<never>(() => {});
    const result = await Promise.race([
      learning.then(() => "finished" as const),
      working.then(() => "workers" as const),
      brokerGone,
      aborted(signal).then(() => "stopped" as const),
    ]);
    log.info({ result }, "ending");
    if (result === "broker") throw brokerEnded(path);
    // The learner first: it writes a checkpoint; workers may finish what they hold meanwhile.
    await supervisor.stop([learner.name]);
    await supervisor.stop(names);
    over.abort();
    await showing;
    if (result === "finished") await options.onFinished?.(url);
    return result === "finished" ? "finished" : "stopped";
  } catch (error) {
    const { learner, workers } = processesOf(options, url);
    await supervisor.stop([learner.name, ...workers.map(({ name }) => name)]);
    throw error;
  } finally {
    over.abort();
    display.close();
    await local?.child.stop(NATS_GRACE_MS);
    await release();
  }
}

function brokerEnded(path: string): TrainError {
  return new TrainError(
    "EASEL_TRAIN_NATS_FAILED",
    `nats-server ended in mid-run; ${join(path, "logs", "nats-server.log")} may say why. Nothing that it acknowledged is lost: easel train --resume ${path}`,
  );
}

async function startOrRelease(
  { run, env, port }: TrainOptions,
  release: () => Promise<void>,
): ReturnType<typeof startLocalNats> {
  try {
    return await startLocalNats(run.path, env, port ?? 0);
  } catch (error) {
    await release();
    throw error;
  }
}

function processesOf(
  { run, entries, env, acceptLostBroker = false }: TrainOptions,
  url: string,
): { readonly learner: ProcessSpec; readonly workers: readonly ProcessSpec[] } {
  const { path, config } = run;
  const { rollout, rewards, learner } = config;
  const threads = threadBudget(availableParallelism(), {
    learner: learner.threads,
    rollout: rollout.threads,
    workers: rollout.workers,
  });
  const spec = (name: string, entry: string, count: number, graceMs: number): ProcessSpec => ({
    name,
    entry,
    args: ["--folder", path, "--name", name, "--threads", String(count), "--until-stdin-closes"],
    env: { ...withLargePages(env), EASEL_NATS_URL: url },
    graceMs,
  });
  const numbered = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  const learnerSpec = spec("learner", entries.learner, threads.learner, LEARNER_GRACE_MS);
  return {
    learner: acceptLostBroker
      ? { ...learnerSpec, args: [...learnerSpec.args, "--accept-lost-broker"] }
      : learnerSpec,
    workers: [
      ...numbered(rollout.workers).map((i) =>
        spec(`rollout-${i}`, entries.rollout, threads.rollout, WORKER_GRACE_MS),
      ),
      ...numbered(rewards.workers).map((i) => spec(`reward-${i}`, entries.reward, 1, WORKER_GRACE_MS)),
    ],
  };
}

async function showEvents(
  url: string,
  { config }: RunFolder,
  display: LiveDisplay,
  signal: AbortSignal,
): Promise<void> {
  const limits = { steps: config.learner.steps, maxTimeMs: config.learner.maxTimeMs };
  let live = initialLive(limits);
  const bus = await connectBus({ servers: url, name: `${config.run.name}/train` });
  try {
    // The processes make the stream; before that there is nothing to show.
    while (!signal.aborted) {
      try {
        const cursor = await openEventCursor(bus, config.run.name);
        while (!signal.aborted) {
          for (const event of await cursor.read(64, 500)) {
            const after = afterEvent(live, event, limits);
            live = after.live;
            if (after.note !== null) display.note(after.note);
          }
          display.update(live);
        }
        await cursor.close();
      } catch (error) {
        if (signal.aborted || bus.connection.isClosed()) throw error;
        await bus.clock.sleep(500, signal);
      }
    }
  } finally {
    await bus.connection.close();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
