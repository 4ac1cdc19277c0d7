// One step, in the order that crash safety needs: journal, manifest in the ledger, update, and only then everything that follows from it.
import { join } from "node:path";
import { appendLedger } from "@easel/bus";
import type { ManifestRecord } from "@easel/protocol";
import type { UpdateMetrics, WeightFiles } from "@easel/training";
import { lagOf, manifestGroup, type PreparedBatch, prepareBatch } from "./batch.js";
import { deletePictures } from "./closing.js";
import { LearnerError } from "./errors.js";
import type { ReadyGroup } from "./group-book.js";
import { keepSamples } from "./kept-samples.js";
import { elapsedMs, type LearnerContext, passing, tell } from "./learner-context.js";
import { learningRateAt } from "./learning-rate.js";
import { appendMetrics, meanOf, type StepMetrics } from "./metrics-file.js";
import { skillRewards } from "./skill-rewards.js";
import { appendJournal, type JournalEntry } from "./step-journal.js";

export type StepResult = { readonly weights: WeightFiles; readonly metrics: StepMetrics };

/**
 * Makes the next step from a batch that the caller has marked as closing. The weights are announced before anything else is done about
 * the step: its manifest is durable, and every worker that starts meanwhile would sample with older ones.
 */
export async function makeStep(
  context: LearnerContext,
  batch: readonly ReadyGroup[],
  waitMs: number,
  announce: (weights: WeightFiles) => Promise<unknown>,
): Promise<void> {
  const { bus, settings, standing, folder, book } = context;
  const step = standing.step + 1;
  const elapsed = elapsedMs(context);
  const learningRate = learningRateAt(settings.schedule, step, elapsed);
  const journal: JournalEntry = { epoch: standing.epoch, step, learningRate, elapsedMs: elapsed };
  await appendJournal(join(folder, "journal.jsonl"), journal);
  await passing(context, "before-manifest", step);
  await recordManifest(context, step, batch);
  await passing(context, "manifest-durable", step);
  for (const { task } of batch) {
    book.settle(task.group, "trained");
    tell(context, "hop", "group.trained", { group: task.group, step });
  }
  const result = await applyStep(context, step, batch, { learningRate, replayed: false, waitMs });
  await announce(result.weights);
  const first = batch[0];
  if (first !== undefined && isKeptStep(step, settings.keepSamplesEvery)) {
    await keepSamples(context, step, first, prepareBatch([first], settings).rewards[0] ?? noRewards);
  }
  await Promise.all(batch.map((group) => deletePictures(context, group)));
  tell(context, "metric", "step", { ...result.metrics });
  context.log.info(
    {
      step,
      bus: bus.connection.isClosed() ? "closed" : "open",
      reward: result.metrics.rewardMean,
      updateMs: result.metrics.updateMs,
    },
    "step",
  );
}

/** Trains on a batch whose manifest is durable, and moves the standing on. Used by steps and by their repetition after a crash. */
export async function applyStep(
  context: LearnerContext,
  step: number,
  batch: readonly ReadyGroup[],
  how: { readonly learningRate: number; readonly replayed: boolean; readonly waitMs: number },
): Promise<StepResult> {
  const { bus, policy, settings, standing, folder } = context;
  const prepared = prepareBatch(batch, settings);
  const startedMs = bus.clock.nowMs();
  const update = await policy.update(prepared.rows, { learningRate: how.learningRate });
  const weights = await policy.exportWeights();
  const updateMs = Math.round(bus.clock.nowMs() - startedMs);
  const metrics = describeStep(context, step, batch, prepared, update, { ...how, updateMs });
  standing.step = step;
  standing.policy = { epoch: standing.epoch, step, digest: weights.digest };
  standing.versions.set(weights.digest, step);
  standing.toArchive.push(...batch);
  await appendMetrics(folder, metrics);
  await passing(context, "updated", step);
  return { weights, metrics };
}

async function recordManifest(
  context: LearnerContext,
  step: number,
  batch: readonly ReadyGroup[],
): Promise<void> {
  const { bus, settings, standing } = context;
  const manifest: ManifestRecord = {
    kind: "manifest",
    run: settings.run,
    epoch: standing.epoch,
    step,
    policyDigest: standing.policy.digest,
    groups: batch.map(manifestGroup),
    atMs: bus.clock.wallMs(),
  };
  const appended = await appendLedger(bus, manifest);
  if (appended.outcome === "appended") return;
  throw new LearnerError(
    "EASEL_LEARNER_STEP_TAKEN",
    `Step ${step} of epoch ${standing.epoch} has a manifest that this learner did not write. Two learners share one epoch; start this one again, and it takes a new one.`,
  );
}

const noRewards = { totals: [], byReward: {}, missing: 0 };

function isKeptStep(step: number, every: number): boolean {
  return every > 0 && (step === 1 || step % every === 0);
}

function describeStep(
  context: LearnerContext,
  step: number,
  batch: readonly ReadyGroup[],
  { rewards, tiedGroups, missing }: PreparedBatch,
  update: UpdateMetrics,
  how: {
    readonly learningRate: number;
    readonly replayed: boolean;
    readonly waitMs: number;
    readonly updateMs: number;
  },
): StepMetrics {
  const { bus, settings, standing } = context;
  const samples = batch.flatMap(({ slices }) => slices).flatMap(({ trajectory }) => trajectory.samples);
  const sampledTokens = samples.reduce((sum, { logProbs }) => sum + logProbs.length, 0);
  const seconds = (how.waitMs + how.updateMs) / 1000;
  const rate = (count: number): number | null => (how.replayed || seconds === 0 ? null : count / seconds);
  const names = settings.rewards.map(({ name }) => name);
  return {
    kind: "step",
    step,
    epoch: standing.epoch,
    atMs: bus.clock.wallMs(),
    elapsedMs: Math.round(elapsedMs(context)),
    ...how,
    ...update,
    rewardMean: meanOf(rewards.flatMap(({ totals }) => totals)),
    rewards: Object.fromEntries(
      names.map((name) => [name, meanOf(rewards.flatMap(({ byReward }) => byReward[name] ?? []))]),
    ),
    skills: skillRewards(batch, rewards),
    groups: batch.length,
    samples: samples.length,
    sampledTokens,
    samplesPerSecond: rate(samples.length),
    tokensPerSecond: rate(sampledTokens),
    staleness: meanOf(batch.map((group) => lagOf(group, step - 1, standing.versions))) ?? 0,
    tiedGroups,
    missingRewards: missing,
    forcedBoi: samples.filter(({ forcedBoi }) => forcedBoi).length / Math.max(samples.length, 1),
    closed: Object.fromEntries(standing.dropsByReason),
    spansMs: { wait: how.waitMs, update: how.updateMs },
  };
}
