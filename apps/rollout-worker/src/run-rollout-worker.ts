// The rollout worker: newest weights, some tasks, one call, pictures, fenced trajectories, acknowledgements; and again.
import { randomUUID } from "node:crypto";
import { findTrajectory, isStoreFull, type LeasedTask, openTaskQueue, publishTrajectory } from "@easel/bus";
import { isDiskFull } from "@easel/process";
import type { SliceTimings } from "@easel/protocol";
import type { RolloutSample } from "@easel/training";
import { drawSamples } from "./compute.js";
import { RolloutError } from "./errors.js";
import type { RolloutOptions } from "./options.js";
import { storePictures } from "./pictures.js";
import { markPng } from "./png-mark.js";
import { reportCompiled, reportState } from "./report-state.js";
import { bySampling, type DrawnPicture, type SliceWork, trajectoryOf } from "./slice-work.js";
import { WeightsIn } from "./weights-in.js";

const PULL_WAIT_MS = 2_000;
const RETRY_DELAY_MS = 1_000;
/** Calls that may fail in a row before the worker says that it is the trouble, not the tasks. */
const MOST_FAILURES = 5;
/** For weights, pictures and publishing around a call. */
const AROUND_MS = 60_000;

export type RolloutResult = { readonly groups: number; readonly samples: number };

/**
 * Works until the signal is aborted; what is under way then is finished.
 * @throws RolloutError or BusError, each with a code that names what to do.
 */
export async function runRolloutWorker(options: RolloutOptions): Promise<RolloutResult> {
  const { bus, settings, signal, log, policy } = options;
  const activity = { state: "waiting for weights", since: bus.clock.nowMs() };
  const become = (state: string): void => {
    if (activity.state !== state) Object.assign(activity, { state, since: bus.clock.nowMs() });
  };
  const reporting = reportState(options, activity);
  const ended = new AbortController();
  const weights = new WeightsIn(options);
  const following = weights.follow(AbortSignal.any([signal, ended.signal])).catch((error: unknown) => {
    log.warn({ err: error }, "following the weights failed; they are looked up before each call");
  });
  const done = { groups: 0, samples: 0 };
  try {
    if (!(await weights.first(signal))) return done;
    become("warming up");
    const compilingMs = bus.clock.nowMs();
    await policy.warmUp();
    reportCompiled(options, (bus.clock.nowMs() - compilingMs) / 1000);
    const queue = openTaskQueue(bus, { run: settings.run, firstDeadlineMs: AROUND_MS });
    log.info({ fingerprint: policy.fingerprint, slots: settings.slots }, "rollout worker is ready");
    let failures = 0;
    while (!signal.aborted) {
      become("waiting for tasks");
      const leased = await gather(options, (max, waitMs) => queue.pull(max, waitMs));
      if (leased.length === 0) continue;
      become("drawing");
      try {
        done.samples += await workOn(options, weights, leased);
        done.groups += leased.length;
        failures = 0;
      } catch (error) {
        for (const task of leased) task.nak(RETRY_DELAY_MS);
        // Trying again would only use up the deliveries of the tasks.
        if (error instanceof RolloutError || isDiskFull(error) || isStoreFull(error)) throw error;
        failures += 1;
        log.error({ err: error, failures }, "drawing failed; the tasks go back");
        if (failures >= MOST_FAILURES) throw keepsFailing(error);
      }
    }
    return done;
  } finally {
    ended.abort();
    reporting.stop();
    await following;
  }
}

/** Tasks that are waiting, up to the slots; those that follow closely join, so that one call serves them all. */
async function gather(
  { settings, bus, signal }: RolloutOptions,
  pull: (max: number, waitMs: number) => Promise<LeasedTask[]>,
): Promise<LeasedTask[]> {
  const leased = await pull(settings.slots, PULL_WAIT_MS);
  while (leased.length > 0 && leased.length < settings.slots && !signal.aborted) {
    await bus.clock.sleep(settings.gatherMs);
    const more = await pull(settings.slots - leased.length, 0);
    if (more.length === 0) break;
    leased.push(...more);
  }
  return leased;
}

/** Draws and publishes what is missing of some tasks; returns the number of samples drawn. */
async function workOn(
  options: RolloutOptions,
  weights: WeightsIn,
  leased: readonly LeasedTask[],
): Promise<number> {
  const receivedAtMs = options.bus.clock.wallMs();
  const newest = leased
    .map(({ message }) => message.policy)
    .sort((a, b) => b.epoch - a.epoch || b.step - a.step)[0];
  // A wait for one of them is a wait for all: they are published one after the other.
  const keepLeases = (ms: number): void => {
    for (const task of leased) task.inFlightFor(ms + AROUND_MS);
  };
  const whole = await weights.newest(newest, keepLeases);
  if (!whole) {
    for (const task of leased) task.nak(RETRY_DELAY_MS);
    return 0;
  }
  const open: SliceWork[] = [];
  for (const task of leased) {
    for (const slice of task.message.slices) {
      const { run, group } = task.message;
      if ((await findTrajectory(options.bus, run, group, slice.slice)) === null)
        open.push({ leased: task, slice });
    }
  }
  let drawn = 0;
  for (const part of bySampling(open)) {
    const startedAtMs = options.bus.clock.wallMs();
    const startedMs = options.bus.clock.nowMs();
    const samples = await drawSamples(options, part);
    if (samples === null) return drawn;
    const spansMs = { draw: Math.round(options.bus.clock.nowMs() - startedMs) };
    drawn += samples.length;
    let next = 0;
    for (const work of part) {
      const size = work.slice.to - work.slice.from;
      const finishedAtMs = options.bus.clock.wallMs();
      const timings: SliceTimings = { receivedAtMs, startedAtMs, finishedAtMs, spansMs };
      work.leased.inFlightFor(AROUND_MS);
      await publishSlice(
        options,
        work,
        samples.slice(next, next + size),
        weights.digest,
        timings,
        keepLeases,
      );
      next += size;
    }
  }
  for (const task of leased) await task.ack();
  return drawn;
}

async function publishSlice(
  options: RolloutOptions,
  { leased, slice }: SliceWork,
  samples: readonly RolloutSample[],
  weightsDigest: string,
  timings: SliceTimings,
  keepLeases: (ms: number) => void,
): Promise<void> {
  const { bus, images, policy, settings, log } = options;
  const task = leased.message;
  const attempt = randomUUID();
  const pictures: readonly DrawnPicture[] = await storePictures(
    options,
    samples.map(({ png }, i) => markPng(png, `${task.group}/${slice.from + i}/${attempt}`)),
    keepLeases,
    // The first digits of a random id.
    Number.parseInt(attempt.slice(0, 4), 16) / 2 ** 16,
  );
  const { fingerprint } = policy;
  const { worker } = settings;
  const trajectory = trajectoryOf({
    task,
    slice,
    samples,
    pictures,
    attempt,
    worker,
    fingerprint,
    weightsDigest,
    timings,
  });
  const outcome = await publishTrajectory(bus, trajectory);
  if (outcome.outcome !== "fenced") return;
  log.info(
    { group: task.group, slice: slice.slice },
    "another attempt had published this slice; ours is dropped",
  );
  for (const { digest } of pictures) await images.delete(digest);
}

function keepsFailing(cause: unknown): RolloutError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RolloutError(
    "EASEL_ROLLOUT_KEEPS_FAILING",
    `Drawing failed ${MOST_FAILURES} times in a row, last with: ${why} Correct that and start the worker again; no task is lost.`,
    { cause },
  );
}
