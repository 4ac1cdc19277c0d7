// Closing a group without training on it: the verdict in the ledger first, then the book, then its pictures and its task.
import { appendLedger, streamNames } from "@easel/bus";
import { subjects, type Trajectory } from "@easel/protocol";
import type { ReadyGroup } from "./group-book.js";
import { type LearnerContext, tell } from "./learner-context.js";

/** Drops a group, or declares it dead. Does nothing when it has ended or is being ended. */
export async function closeGroup(
  context: LearnerContext,
  group: string,
  verdict: "dropped" | "dead",
  reason: string,
  detail = "",
): Promise<void> {
  const { bus, book, standing, settings, log } = context;
  const state = book.stateOf(group);
  if (standing.closing.has(group) || (state !== "running" && state !== "ready")) return;
  standing.closing.add(group);
  try {
    const { epoch, step } = standing;
    const atMs = bus.clock.wallMs();
    await appendLedger(bus, {
      kind: "verdict",
      run: settings.run,
      group,
      verdict,
      reason,
      epoch,
      step,
      atMs,
    });
    const ended = book.settle(group, verdict);
    standing.dropsByReason.set(reason, (standing.dropsByReason.get(reason) ?? 0) + 1);
    log.warn({ group, verdict, reason, detail }, "group closed without training");
    tell(context, "hop", "group.closed", { group, verdict, reason });
    if (ended === null) return;
    if (ended.slices.length > 0) standing.toArchive.push(ended);
    if (state === "running") await withdrawTask(context, group);
    await deletePictures(context, ended);
  } finally {
    standing.closing.delete(group);
    context.wake.notify();
  }
}

/** Takes a group's task out of the queue, so that nobody samples it in vain. */
async function withdrawTask({ bus, settings }: LearnerContext, group: string): Promise<void> {
  await bus.jsm.streams.purge(streamNames.tasks, { filter: subjects.rolloutTask(settings.run, group) });
}

/** Deletes the pictures of a settled group. One that stays behind costs room until it is swept, and nothing else. */
export async function deletePictures(context: LearnerContext, group: ReadyGroup): Promise<void> {
  await Promise.all(group.slices.map(({ trajectory }) => deletePicturesOf(context, trajectory)));
}

/** Deletes the pictures that one trajectory names, side by side: each is a wait for the store and hardly any work. */
export async function deletePicturesOf(
  { images, log }: LearnerContext,
  { samples }: Trajectory,
): Promise<void> {
  await Promise.all(
    samples.map(async ({ imageDigest }) => {
      try {
        await images.delete(imageDigest);
      } catch (error) {
        log.warn({ imageDigest, err: error }, "a picture could not be deleted");
      }
    }),
  );
}
