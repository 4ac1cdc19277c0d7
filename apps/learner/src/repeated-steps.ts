// Making the steps after a checkpoint again from their durable manifests, and what follows when one of them gives other weights than
// were announced. That this can happen at all is the engine's doing; nothing here makes it right, it is only never silent.
import { join } from "node:path";
import { type Evidence, type LedgerEntry, weightsHead } from "@easel/bus";
import type { RolloutTask, WeightsManifest } from "@easel/protocol";
import type { WeightFiles } from "@easel/training";
import { type LearnerContext, tell } from "./learner-context.js";
import { learningRateAt } from "./learning-rate.js";
import type { Lineage } from "./lineage.js";
import { appendMetrics } from "./metrics-file.js";
import { replayGroups } from "./replay.js";
import { applyStep } from "./step.js";
import { readJournal } from "./step-journal.js";

export type Repetition = {
  readonly weights: WeightFiles;
  /** Steps with durable manifests that were not made again, because they followed on other weights than there are now. */
  readonly abandonedSteps: number;
};

/**
 * Makes the steps beyond the checkpoint again, each from its own manifest and with its own learning rate, up to the first that gives
 * other weights than were announced: what follows on that one was trained and sampled with weights that are no more.
 */
export async function repeatSteps(
  context: LearnerContext,
  evidence: Evidence,
  lineage: Lineage,
  before: WeightFiles,
): Promise<Repetition> {
  const { bus, settings, standing, log, folder } = context;
  const tasks = tasksOf(evidence.ledger);
  const journal = await readJournal(join(folder, "journal.jsonl"));
  const head = await weightsHead(bus, settings.run);
  let weights = before;
  for (;;) {
    const expected = announcedAt(standing.step, lineage, head);
    if (expected !== null && expected !== weights.digest) {
      const abandonedSteps = lineage.lastStep - standing.step;
      await tellOfDivergence(context, expected, weights.digest, abandonedSteps);
      return { weights, abandonedSteps };
    }
    const step = standing.step + 1;
    const manifest = step > lineage.lastStep ? undefined : lineage.manifests.get(step);
    if (manifest === undefined) return { weights, abandonedSteps: 0 };
    const batch = await replayGroups(bus, manifest.groups, tasks);
    const noted = journal.get(`${manifest.epoch}/${step}`);
    const learningRate =
      noted?.learningRate ?? learningRateAt(settings.schedule, step, standing.elapsedBeforeMs);
    ({ weights } = await applyStep(context, step, batch, { learningRate, replayed: true, waitMs: 0 }));
    log.info({ step }, "step repeated from its manifest");
  }
}

/**
 * Notes the weights that were announced and that this lineage does not have, so that what they sampled is dropped by name. Those of
 * its own steps before the checkpoint are merely old.
 */
export async function noteAbandoned(
  { bus, settings, standing }: LearnerContext,
  ledger: readonly LedgerEntry[],
  lineage: Lineage,
  checkpointStep: number,
): Promise<void> {
  const head = await weightsHead(bus, settings.run);
  const own = new Set(
    [...lineage.manifests.values()]
      .filter(({ step }) => step <= checkpointStep)
      .map(({ policyDigest }) => policyDigest),
  );
  const announced = ledger.flatMap(({ record }) => (record.kind === "manifest" ? [record.policyDigest] : []));
  for (const digest of [...announced, ...(head === null ? [] : [head.digest])]) {
    if (!standing.versions.has(digest) && !own.has(digest)) standing.abandoned.add(digest);
  }
}

/** The issued tasks by group. */
export function tasksOf(ledger: readonly LedgerEntry[]): Map<string, RolloutTask> {
  return new Map(
    ledger.flatMap(({ record }) => (record.kind === "issue" ? [[record.task.group, record.task]] : [])),
  );
}

/** The digest that the weights after a step had when they were made first; null when nothing says so. */
function announcedAt(step: number, lineage: Lineage, head: WeightsManifest | null): string | null {
  const next = step < lineage.lastStep ? lineage.manifests.get(step + 1) : undefined;
  if (next !== undefined) return next.policyDigest;
  return head !== null && head.step === step && lineage.live.has(head.epoch) ? head.digest : null;
}

async function tellOfDivergence(
  context: LearnerContext,
  expected: string,
  found: string,
  abandonedSteps: number,
): Promise<void> {
  const { bus, folder, log, standing } = context;
  const { step } = standing;
  log.warn({ step, expected, found, abandonedSteps }, "a repeated step gave other weights");
  tell(context, "alarm", "lineage.diverged", { step, abandonedSteps });
  const after = abandonedSteps === 0 ? "" : ` The ${abandonedSteps} steps after it are abandoned.`;
  const text = `Step ${step} was made again after a restart and gave other weights than before.${after} What was sampled with weights that are no more is dropped as abandoned_lineage.`;
  await appendMetrics(folder, { kind: "notice", step, atMs: bus.clock.wallMs(), text });
}
