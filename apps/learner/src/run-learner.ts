// The learner process from its first connection to its last word. What each part does is in files of their own; here is the order.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { checkpointPointer, readLedger, type StreamIdentities, streamNames } from "@easel/bus";
import { subjects } from "@easel/protocol";
import { brokersAuthority } from "./authority.js";
import { chooseBatch } from "./batch.js";
import { keepIfBest } from "./best-policy.js";
import { keepSwept } from "./blob-sweep.js";
import { type BrokerLoss, brokerLost, explainedByLoss, findBrokerLoss } from "./broker-loss.js";
import { listCheckpoints, type ReadCheckpoint } from "./checkpoint.js";
import { chooseCheckpoint } from "./checkpoint-choice.js";
import { Checkpointing } from "./checkpointing.js";
import { closeGroup } from "./closing.js";
import { LearnerError } from "./errors.js";
import type { ReadyGroup } from "./group-book.js";
import { takeIn } from "./intake.js";
import { Issuer } from "./issuer.js";
import { elapsedMs, type LearnerContext, type LearnerOptions, tell } from "./learner-context.js";
import { runShare } from "./learning-rate.js";
import { lineageOf } from "./lineage.js";
import { appendMetrics } from "./metrics-file.js";
import { beginEpoch, takeOver } from "./recovery.js";
import { reportState } from "./report-state.js";
import { makeStep } from "./step.js";
import { WeightsOut } from "./weights-out.js";

/** How often a learner that waits for samples looks whether its weights are still there. */
const WEIGHTS_EVERY_MS = 1_000;

export type LearnerResult = { readonly reason: "finished" | "stopped"; readonly step: number };

/**
 * Runs the learner until its limits are reached or its signal is aborted. The run's topology must exist.
 * @throws LearnerError or BusError, each with a code that names what to do.
 */
export async function runLearner(options: LearnerOptions): Promise<LearnerResult> {
  const { bus, settings, folder, policy, log } = options;
  if (options.prompts.length === 0) {
    throw new LearnerError(
      "EASEL_LEARNER_NO_PROMPTS",
      "The run has no training prompts. Set world.trainPrompts to 1 or more.",
    );
  }
  await mkdir(folder, { recursive: true });
  const waiting = reportState(options, "waiting to lead");
  const compilingMs = bus.clock.nowMs();
  await policy.warmUp();
  const compiled = { seconds: (bus.clock.nowMs() - compilingMs) / 1000 };
  tell(options, "metric", "compiled", compiled);
  log.info(compiled, "compiled");
  const before = lineageOf((await readLedger(bus, settings.run)).entries);
  const onDisk = await listCheckpoints(join(folder, "checkpoints"));
  const lastEpoch = Math.max(before.epoch ?? 0, ...onDisk.map(({ epoch }) => epoch));
  const { becomeLeader } = options.authority ?? brokersAuthority;
  const leadership = await becomeLeader(bus, {
    run: settings.run,
    holder: options.holder,
    leaseMs: settings.leaderLeaseMs,
    atLeastEpoch: lastEpoch + 1,
  });
  waiting.stop();
  let known: StreamIdentities = {};
  try {
    const lineage = lineageOf((await readLedger(bus, settings.run)).entries);
    const checkpoint = await chooseCheckpoint(folder, settings.run, lineage, log);
    checkPromptFile(options, checkpoint);
    const loss = checkpoint === null ? null : await findBrokerLoss(bus, folder, checkpoint.state);
    if (loss !== null) await acceptLoss(options, loss);
    const pointer = await checkpointPointer(bus, settings.run);
    await beginEpoch(options, leadership.epoch, lineage, checkpoint, loss);
    const { context, weights } = await takeOver(options, leadership.epoch, lineage, checkpoint, loss);
    known = context.standing.streams;
    const checkpointing = new Checkpointing(context, pointer);
    await checkpointing.adoptArchive();
    await checkpointing.take();
    const out = new WeightsOut(context);
    await out.announce(weights);
    const { epoch, step } = context.standing;
    log.info({ epoch, step, ...context.book.totals() }, "learner leads");
    return await lead(context, leadership.signal, checkpointing, out);
  } catch (error) {
    throw await explainedByLoss({ bus, run: settings.run, folder, known }, error);
  } finally {
    // Nothing rests on it: who stays silent is succeeded. It must not hide the error.
    await leadership.resign().catch((error: unknown) => log.warn({ err: error }, "could not resign"));
  }
}

/** @throws LearnerError `EASEL_LEARNER_PROMPTS_CHANGED`: an issue number would mean another prompt than it did. */
function checkPromptFile(
  { promptFileDigest = null, settings }: LearnerOptions,
  checkpoint: ReadCheckpoint | null,
): void {
  const before = checkpoint?.state.promptFileDigest;
  if (before === undefined || before === promptFileDigest) return;
  const said = (digest: string | null): string => (digest === null ? "none" : digest.slice(0, 12));
  throw new LearnerError(
    "EASEL_LEARNER_PROMPTS_CHANGED",
    `The file of training prompts (world.trainFile) is not the one that run ${settings.run} began with: its SHA-256 began ${said(before)}, now ${said(promptFileDigest)}. Restore the file, or start a new run with the changed one.`,
  );
}

/** @throws LearnerError `EASEL_LEARNER_BROKER_LOST` unless the user said to go on. */
async function acceptLoss(options: LearnerOptions, loss: BrokerLoss): Promise<void> {
  const { bus, folder, log, settings } = options;
  if (options.acceptLostBroker !== true) throw brokerLost(settings.run, folder, loss);
  log.warn({ ...loss }, "the broker's store was lost; going on from the checkpoint");
  const text = `The broker's store was lost: the run went on from step ${loss.fromStep}, and ${loss.groups} groups that were under way were dropped.`;
  await appendMetrics(folder, { kind: "notice", step: loss.fromStep, atMs: bus.clock.wallMs(), text });
}

/** Everything after the take-over. Intake and issuing go on beside the steps. */
async function lead(
  context: LearnerContext,
  lost: AbortSignal,
  checkpointing: Checkpointing,
  out: WeightsOut,
): Promise<LearnerResult> {
  const ended = new AbortController();
  const stop = AbortSignal.any([context.signal, lost, ended.signal]);
  const issuer = new Issuer(context);
  const reporting = reportState(
    context,
    () => context.standing.state,
    () => context.standing.wait,
  );
  let failure: unknown = null;
  const sweeping = keepSwept(context, () => out.named(), stop);
  const intake = takeIn(context, stop, () => issuer.issueMore()).catch((error: unknown) => {
    failure ??= error;
    ended.abort(error);
  });
  try {
    const result = await trainToTheEnd(context, stop, issuer, checkpointing, out);
    throwIfLost(lost, failure);
    ended.abort();
    await intake;
    await issuer.stop();
    if (!checkpointing.isCurrent) await checkpointing.take();
    if (result === "finished") await finish(context);
    tell(context, "state", result, { state: result, step: context.standing.step, waits: [] });
    return { reason: result, step: context.standing.step };
  } finally {
    ended.abort();
    reporting.stop();
    await issuer.stop().catch(() => {});
    await intake;
    await sweeping;
  }
}

async function trainToTheEnd(
  context: LearnerContext,
  stop: AbortSignal,
  issuer: Issuer,
  checkpointing: Checkpointing,
  out: WeightsOut,
): Promise<LearnerResult["reason"]> {
  const { settings, standing, bus } = context;
  const isOver = (): boolean => runShare(settings.schedule, standing.step, elapsedMs(context)) >= 1;
  if (standing.step === 0) await evaluate(context);
  standing.startedAtMs = bus.clock.nowMs();
  while (!isOver() && !stop.aborted) {
    await issuer.issueMore();
    const waitedFrom = bus.clock.nowMs();
    const batch = await nextBatch(context, issuer, out, stop);
    if (batch === null) break;
    standing.state = "training";
    const groups = batch.map(({ task }) => task.group);
    try {
      const waitedMs = Math.round(bus.clock.nowMs() - waitedFrom);
      await makeStep(context, batch, waitedMs, async (weights) => await out.announce(weights));
      if (standing.step % settings.checkpointEvery === 0) await checkpointing.take();
    } finally {
      for (const group of groups) standing.closing.delete(group);
    }
    const last = isOver();
    if (last || (settings.evaluateEvery > 0 && standing.step % settings.evaluateEvery === 0))
      await evaluate(context);
  }
  return isOver() ? "finished" : "stopped";
}

/** Waits for a batch and marks its groups as closing; null when the learner is to stop. */
async function nextBatch(
  context: LearnerContext,
  issuer: Issuer,
  out: WeightsOut,
  stop: AbortSignal,
): Promise<readonly ReadyGroup[] | null> {
  const { book, bus, settings, standing, wake } = context;
  const name = `${settings.batchGroups} scored groups`;
  let progress = "";
  let lookedMs = bus.clock.nowMs();
  standing.state = "waiting";
  try {
    while (!stop.aborted) {
      const ready = book.ready().filter(({ task }) => !standing.closing.has(task.group));
      const { batch, drops } = chooseBatch(ready, standing.step, standing.versions, settings);
      for (const { group, reason } of drops) await closeGroup(context, group, "dropped", reason);
      if (drops.length > 0) await issuer.issueMore();
      if (drops.length === 0 && batch !== null) {
        for (const { task } of batch) standing.closing.add(task.group);
        return batch;
      }
      const now = bus.clock.nowMs();
      const seen = JSON.stringify([book.totals(), book.counters(), standing.cursors]);
      if (seen !== progress)
        standing.wait = { name, sinceMs: now, deadlineMs: now + settings.batchDeadlineMs };
      progress = seen;
      if (now > (standing.wait?.deadlineMs ?? now)) throw noProgress(context, ready.length);
      if (now - lookedMs > WEIGHTS_EVERY_MS) {
        lookedMs = now;
        await out.restore();
      }
      await wake.wait(Math.min(1_000, settings.batchDeadlineMs), stop);
    }
    return null;
  } finally {
    standing.wait = null;
  }
}

async function evaluate(context: LearnerContext): Promise<void> {
  const { evaluateDev, standing, bus, folder, log, policy } = context;
  if (evaluateDev === undefined) return;
  standing.state = "evaluating";
  const startedMs = bus.clock.nowMs();
  const { total, temperature = 1, summary } = await evaluateDev(standing.step);
  const seconds = (bus.clock.nowMs() - startedMs) / 1000;
  const common = { kind: "evaluation" as const, step: standing.step, atMs: bus.clock.wallMs() };
  await appendMetrics(folder, {
    ...common,
    elapsedMs: Math.round(elapsedMs(context)),
    seconds,
    split: "dev",
    temperature,
    measures: summary?.measures ?? { total },
    ...(summary === undefined ? {} : { skills: summary.skills }),
  });
  const { epoch, step } = standing;
  // Nothing rests on it; a disk that is full ends the run at its next checkpoint.
  const best = await keepIfBest(folder, { epoch, step, total, temperature }, () =>
    policy.exportWeights(),
  ).catch((error: unknown) => {
    log.warn({ step, err: error }, "the best policy on dev could not be kept");
    return false;
  });
  tell(context, "metric", "evaluation", { step, seconds, total });
  log.info({ step, total, best }, "evaluated on the dev prompts");
}

/** Ends the run: what is still under way is dropped by name, its tasks and pictures are removed. */
async function finish(context: LearnerContext): Promise<void> {
  const { bus, book, settings, images, log } = context;
  await bus.jsm.streams.purge(streamNames.tasks, { filter: subjects.rolloutTasks(settings.run) });
  for (const { group } of book.open()) await closeGroup(context, group, "dropped", "run_over");
  for await (const { digest } of images.list()) await images.delete(digest);
  log.info({ step: context.standing.step, ...book.totals() }, "run finished");
}

function throwIfLost(lost: AbortSignal, failure: unknown): void {
  if (lost.aborted) throw lost.reason;
  if (failure !== null) throw failure;
}

function noProgress({ book, settings }: LearnerContext, ready: number): LearnerError {
  const { running } = book.counters();
  return new LearnerError(
    "EASEL_LEARNER_NO_PROGRESS",
    `Nothing came for ${settings.batchDeadlineMs} ms: ${ready} of ${settings.batchGroups} groups are scored, ${running} are under way. Look with "easel status" whether rollout and reward workers live; the run goes on from its last checkpoint.`,
  );
}
