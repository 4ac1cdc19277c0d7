// The reward worker: for each of its rewards a loop that takes trajectories, measures their samples and publishes fenced scores.
import { randomUUID } from "node:crypto";
import { isStoreFull, type Leased, openRewardQueue, publishScore } from "@easel/bus";
import { messageDigest, type Score, type Trajectory } from "@easel/protocol";
import { missing, type RewardName, scoreOf } from "@easel/rewards";
import { IssuedTasks } from "./issued-tasks.js";
import { Measurements } from "./measurements.js";
import type { RewardOptions } from "./options.js";
import { reportState } from "./report-state.js";

const AT_ONCE = 16;
const PULL_WAIT_MS = 2_000;
const RETRY_DELAY_MS = 1_000;
/** A task that asks for another version waits for a worker that has it. */
const OTHER_VERSION_DELAY_MS = 15_000;

export type RewardResult = { readonly slices: number };

/** Works until the signal is aborted; what is under way then is finished. */
export async function runRewardWorker(options: RewardOptions): Promise<RewardResult> {
  const { bus, run, rewards, judge, images, log, signal } = options;
  const work = { options, tasks: new IssuedTasks(bus, run), measurements: new Measurements(judge, images) };
  const progress = { slices: 0 };
  const reporting = reportState(options, progress);
  log.info({ rewards, judge: judge.name, version: judge.version }, "reward worker is ready");
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  try {
    await Promise.all(
      rewards.map(async (reward) => {
        try {
          await serve(work, reward, stop, progress);
        } catch (error) {
          failed.abort();
          throw error;
        }
      }),
    );
    return progress;
  } finally {
    reporting.stop();
  }
}

type Work = {
  readonly options: RewardOptions;
  readonly tasks: IssuedTasks;
  readonly measurements: Measurements;
};

async function serve(
  work: Work,
  reward: RewardName,
  stop: AbortSignal,
  progress: { slices: number },
): Promise<void> {
  const { bus, run, deadlineMs, log } = work.options;
  const queue = openRewardQueue(bus, { run, reward, firstDeadlineMs: deadlineMs });
  while (!stop.aborted) {
    for (const leased of await queue.pull(AT_ONCE, PULL_WAIT_MS)) {
      leased.inFlightFor(deadlineMs);
      try {
        await score(work, reward, leased);
        progress.slices += 1;
      } catch (error) {
        log.error({ err: error, subject: leased.subject, reward }, "scoring failed; the slice goes back");
        leased.nak(RETRY_DELAY_MS);
        // Trying again would only use up the deliveries of the slices.
        if (isStoreFull(error)) throw error;
      }
    }
  }
}

async function score(work: Work, reward: RewardName, leased: Leased<Trajectory>): Promise<void> {
  const { bus, judge, log } = work.options;
  const trajectory = leased.message;
  const task = await work.tasks.of(trajectory.group);
  if (task === null) {
    await leased.bury("its group is not in the ledger");
    return;
  }
  const asked = task.rewards.find(({ name }) => name === reward);
  if (asked === undefined) {
    await leased.ack();
    return;
  }
  if (asked.version !== judge.versionOf(reward)) {
    log.warn(
      { reward, asked: asked.version, have: judge.versionOf(reward) },
      "this slice needs another version of the judge",
    );
    leased.nak(OTHER_VERSION_DELAY_MS);
    return;
  }
  const scores: Score[] = [];
  for (const sample of trajectory.samples) {
    const judgement = await work.measurements.of(task, sample);
    scores.push(scoreOf(judgement[reward] ?? missing("judge-unavailable"), sample.imageDigest));
  }
  const { run, group, slice } = trajectory;
  const outcome = await publishScore(bus, {
    run,
    group,
    slice,
    reward,
    version: asked.version,
    attempt: randomUUID(),
    scores,
    trajectoryDigest: messageDigest(leased.bytes),
  });
  if (outcome.outcome === "fenced")
    log.info({ group, slice, reward }, "another worker had scored this slice");
  await leased.ack();
}
