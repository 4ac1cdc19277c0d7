// Taking over a run: the newest checkpoint of the living lineage, the steps that are durable beyond it made again, the book from the
// ledger. A run begins in the same way, as a take-over of nothing.
import { join } from "node:path";
import {
  appendLedger,
  BusError,
  type CursorState,
  deriveConservation,
  type Evidence,
  gatherEvidence,
  type LedgerEntry,
  openScoreCursor,
  openTrajectoryCursor,
  orphanTasks,
  publishTask,
  streamIdentities,
} from "@easel/bus";
import type { WeightFiles } from "@easel/training";
import type { BrokerLoss } from "./broker-loss.js";
import type { ReadCheckpoint } from "./checkpoint.js";
import { closeGroup } from "./closing.js";
import { LearnerError } from "./errors.js";
import { GroupBook } from "./group-book.js";
import type { LearnerContext, LearnerOptions, Standing } from "./learner-context.js";
import { type Lineage, lineageOf } from "./lineage.js";
import { noteAbandoned, repeatSteps, tasksOf } from "./repeated-steps.js";
import { readJournal } from "./step-journal.js";
import { Wake } from "./wake.js";

export type TakeOver = { readonly context: LearnerContext; readonly weights: WeightFiles };

/** Makes `epoch` the living one, which voids whatever an older learner may still write. */
export async function beginEpoch(
  { bus, settings, holder }: LearnerOptions,
  epoch: number,
  lineage: Lineage,
  checkpoint: ReadCheckpoint | null,
  loss: BrokerLoss | null,
): Promise<void> {
  const appended = await appendLedger(bus, {
    kind: "epoch",
    run: settings.run,
    epoch,
    parentEpoch: lineage.epoch,
    fromStep: lineage.epoch === null || loss !== null ? (checkpoint?.state.step ?? 0) : lineage.lastStep,
    holder,
    atMs: bus.clock.wallMs(),
  });
  if (appended.outcome === "appended") return;
  throw new LearnerError(
    "EASEL_LEARNER_STEP_TAKEN",
    `Epoch ${epoch} of run ${settings.run} was begun by another learner. Start this one again, and it takes a new epoch.`,
  );
}

/** Restores policy, book and standing, and repeats the steps after the checkpoint. The epoch must have begun. */
export async function takeOver(
  options: LearnerOptions,
  epoch: number,
  before: Lineage,
  checkpoint: ReadCheckpoint | null,
  loss: BrokerLoss | null,
): Promise<TakeOver> {
  const { bus, policy, settings } = options;
  // What a broker lost cannot be made again from its messages: the steps after the checkpoint are given up.
  const lineage = loss === null ? before : { ...before, lastStep: checkpoint?.state.step ?? 0 };
  if (checkpoint !== null) await policy.loadState(checkpoint.path);
  let weights = await policy.exportWeights();
  if (checkpoint !== null && weights.digest !== checkpoint.state.policyDigest) {
    throw new LearnerError(
      "EASEL_LEARNER_CHECKPOINT_CORRUPT",
      `The checkpoint ${checkpoint.path} gives other weights (${weights.digest}) than it names. It is of another release or model; use the one it was made with.`,
    );
  }
  const found = await gatherEvidence(bus, { run: settings.run });
  const beginning: LearnerContext = {
    ...options,
    book: bookOf(found, options),
    standing: await standingAt(options, epoch, weights.digest, found.ledger, checkpoint),
    wake: new Wake(),
  };
  const repeated = await repeatSteps(beginning, found, lineage, weights);
  weights = repeated.weights;
  const { context, evidence } =
    repeated.abandonedSteps === 0
      ? { context: beginning, evidence: found }
      : await leaveBehind(beginning, epoch, lineage, checkpoint);
  await noteAbandoned(context, evidence.ledger, lineage, checkpoint?.state.step ?? 0);
  if (loss !== null) await closeLost(context, checkpoint);
  await issueAgain(context, evidence);
  return { context, weights };
}

/** Begins one more epoch, from where the standing is: steps after it are abandoned, and their groups are under way again. */
async function leaveBehind(
  context: LearnerContext,
  epoch: number,
  lineage: Lineage,
  checkpoint: ReadCheckpoint | null,
): Promise<{ readonly context: LearnerContext; readonly evidence: Evidence }> {
  const { bus, settings, standing } = context;
  await beginEpoch(context, epoch + 1, { ...lineage, epoch, lastStep: standing.step }, checkpoint, null);
  standing.epoch = epoch + 1;
  standing.policy = { ...standing.policy, epoch: epoch + 1 };
  const evidence = await gatherEvidence(bus, { run: settings.run });
  return { context: { ...context, book: bookOf(evidence, context) }, evidence };
}

function bookOf(evidence: Evidence, { settings }: LearnerOptions): GroupBook {
  const book = new GroupBook(settings.limits);
  // Groups of steps before the ledger begins are in no ledger, and admission counts them.
  const firstStep = lineageOf(evidence.ledger).root?.step ?? 0;
  book.trainedBefore(firstStep * settings.batchGroups);
  const { groups } = deriveConservation(evidence);
  // A dead letter without a verdict is found again by the intake, which writes the verdict.
  const verdicts = new Set(
    evidence.ledger.flatMap(({ record }) => (record.kind === "verdict" ? [record.group] : [])),
  );
  for (const task of tasksOf(evidence.ledger).values()) {
    const state = groups.get(task.group)?.state;
    if (state === "trained" || state === "dropped") book.settled(task, state);
    else if (state === "dead" && verdicts.has(task.group)) book.settled(task, "dead");
    else book.issue(task);
  }
  return book;
}

async function standingAt(
  { bus, settings, folder }: LearnerOptions,
  epoch: number,
  digest: string,
  ledger: readonly LedgerEntry[],
  checkpoint: ReadCheckpoint | null,
): Promise<Standing> {
  const state = checkpoint?.state;
  const step = state?.step ?? 0;
  const issued = ledger.map(({ record }) => (record.kind === "issue" ? record.task.issue : 0));
  const journal = await readJournal(join(folder, "journal.jsonl"));
  const elapsed = [...journal.values()].map((entry) => entry.elapsedMs);
  return {
    epoch,
    step,
    policy: { epoch, step, digest },
    nextIssue: issued.reduce((most, issue) => Math.max(most, issue + 1), state?.nextIssue ?? 1),
    elapsedBeforeMs: elapsed.reduce((most, ms) => Math.max(most, ms), state?.elapsedMs ?? 0),
    startedAtMs: bus.clock.nowMs(),
    versions: new Map([...(state?.versions ?? []), [digest, step]]),
    abandoned: new Set(),
    streams: await streamIdentities(bus),
    cursors: {
      results: await position(
        (resume) => openTrajectoryCursor(bus, settings.run, resume),
        state?.cursors.results,
      ),
      scores: await position((resume) => openScoreCursor(bus, settings.run, resume), state?.cursors.scores),
    },
    closing: new Set(),
    toArchive: [],
    dropsByReason: new Map(),
    state: "recovering",
    wait: null,
  };
}

/** The position to read from: where the checkpoint stood, or the beginning of a stream that is not the one it knew. */
async function position(
  open: (resume?: CursorState) => Promise<{ readonly state: CursorState }>,
  resume: CursorState | undefined,
): Promise<CursorState> {
  try {
    return (await open(resume)).state;
  } catch (error) {
    if (!(error instanceof BusError) || error.code !== "EASEL_BUS_STREAM_REPLACED") throw error;
    return (await open()).state;
  }
}

/** Publishes again what is found nowhere. */
async function issueAgain({ bus, book, log }: LearnerContext, evidence: Evidence): Promise<void> {
  for (const task of orphanTasks(evidence)) {
    if (book.stateOf(task.group) !== "running") continue;
    await publishTask(bus, task);
    log.info({ group: task.group }, "published a group again that was found nowhere");
  }
}

/** Enters what was under way at the checkpoint into the ledger that begins anew, and closes it by name: its samples are lost. */
async function closeLost(context: LearnerContext, checkpoint: ReadCheckpoint | null): Promise<void> {
  const { bus, book } = context;
  for (const task of checkpoint?.state.outstanding ?? []) {
    if (book.stateOf(task.group) !== "unknown") continue;
    await appendLedger(bus, { kind: "issue", task });
    book.issue(task);
    await closeGroup(context, task.group, "dropped", "broker_store_lost");
  }
}
