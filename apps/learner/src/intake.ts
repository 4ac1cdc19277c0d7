// Reads trajectories, scores and dead letters as they come and enters them into the book. Two cursors, no acknowledgements.
import {
  openScoreCursor,
  openTrajectoryCursor,
  type Received,
  type ResultCursor,
  readDeadLetters,
  streamNames,
  sweepDeadLetters,
} from "@easel/bus";
import {
  decodeMessage,
  issueOfGroup,
  parseResultSubject,
  type ScoreVector,
  subjects,
  type Trajectory,
} from "@easel/protocol";
import { closeGroup, deletePicturesOf } from "./closing.js";
import type { Taken } from "./group-book.js";
import { type LearnerContext, tell } from "./learner-context.js";

const BATCH = 64;
const WAIT_MS = 500;
const DEAD_LETTERS_EVERY_MS = 3_000;

/** Runs until the signal is aborted; rejects when reading fails for good. `onProgress` is called after each message. */
export async function takeIn(
  context: LearnerContext,
  signal: AbortSignal,
  onProgress: () => Promise<void>,
): Promise<void> {
  const { bus, settings, standing } = context;
  const trajectories = await openTrajectoryCursor(bus, settings.run, standing.cursors.results);
  const scores = await openScoreCursor(bus, settings.run, standing.cursors.scores);
  const reading = new AbortController();
  const stop = AbortSignal.any([signal, reading.signal]);
  try {
    await Promise.all([
      follow(trajectories, stop, async (received) => {
        await takeTrajectory(context, received);
        standing.cursors.results = trajectories.state;
        await onProgress();
      }),
      follow(scores, stop, async (received) => {
        await takeScore(context, received);
        standing.cursors.scores = scores.state;
        await onProgress();
      }),
      followDeadLetters(context, stop, onProgress),
    ]);
  } finally {
    reading.abort();
    await Promise.all([trajectories.close(), scores.close()]);
  }
}

async function follow<M>(
  cursor: ResultCursor<M>,
  signal: AbortSignal,
  take: (received: Received<M>) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    for (const received of await cursor.read(BATCH, WAIT_MS)) await take(received);
  }
}

async function takeTrajectory(context: LearnerContext, received: Received<Trajectory>): Promise<void> {
  const { book } = context;
  if (received.message === null)
    return await refuse(context, received.subject, "undecodable_trajectory", received.fault);
  const { message, digest, sequence } = received;
  await enterTrajectory(context, message, digest, sequence);
  // Whatever ended its group, or had ended it before it came: its pictures hold room that others wait for.
  const state = book.stateOf(message.group);
  if (state === "dropped" || state === "dead" || state === "trained")
    await deletePicturesOf(context, message);
}

async function enterTrajectory(
  context: LearnerContext,
  message: Trajectory,
  digest: string,
  sequence: number,
): Promise<void> {
  const { book, standing } = context;
  if (book.stateOf(message.group) === "unknown") await adopt(context, message.group);
  const unknown = message.samples
    .flatMap(({ weights }) => weights)
    .find((span) => !standing.versions.has(span.digest));
  if (unknown !== undefined && book.stateOf(message.group) === "running") {
    const reason = standing.abandoned.has(unknown.digest) ? "abandoned_lineage" : "unknown_weights";
    await closeGroup(context, message.group, "dropped", reason, `weights ${unknown.digest}`);
    return;
  }
  await entered(context, message.group, book.addTrajectory(message, digest, sequence));
}

async function takeScore(context: LearnerContext, received: Received<ScoreVector>): Promise<void> {
  const { book } = context;
  if (received.message === null)
    return await refuse(context, received.subject, "undecodable_score", received.fault);
  const { message, digest, sequence } = received;
  if (book.stateOf(message.group) === "unknown") await adopt(context, message.group);
  await entered(context, message.group, book.addScore(message, digest, sequence));
}

async function entered(context: LearnerContext, group: string, taken: Taken): Promise<void> {
  if (taken.taken === "fault") await closeGroup(context, group, "dropped", taken.reason, taken.detail);
  else if (taken.taken === "unknown") tell(context, "alarm", "result.unknown_group", { group });
  if (context.book.stateOf(group) === "ready") tell(context, "hop", "group.ready", { group });
  context.wake.notify();
}

/** A message that cannot be read holds its place for good, so its group can never be complete. */
async function refuse(context: LearnerContext, subject: string, reason: string, fault: Error): Promise<void> {
  const group = parseResultSubject(subject)?.group;
  if (group !== undefined) await closeGroup(context, group, "dropped", reason, fault.message);
}

/** A group that is in the ledger and not in the book: an older learner recorded it after this one had read. */
async function adopt({ bus, settings, book }: LearnerContext, group: string): Promise<void> {
  const subject = subjects.ledgerIssue(settings.run, issueOfGroup(group));
  const stored = await bus.jsm.streams.getMessage(streamNames.ledger, { last_by_subj: subject });
  if (stored === null) return;
  const record = decodeMessage("ledgerRecord", Uint8Array.from(stored.data));
  if (record.kind === "issue" && record.task.group === group) book.issue(record.task);
}

async function followDeadLetters(
  context: LearnerContext,
  signal: AbortSignal,
  onProgress: () => Promise<void>,
): Promise<void> {
  const { bus, settings, book } = context;
  while (!signal.aborted) {
    await sweepDeadLetters(bus, settings.run);
    for (const letter of await readDeadLetters(bus, settings.run)) {
      if (book.stateOf(letter.group) !== "running") continue;
      await closeGroup(context, letter.group, "dead", letter.reason);
      await onProgress();
    }
    await bus.clock.sleep(DEAD_LETTERS_EVERY_MS, signal);
  }
}
