// Gets the messages of a durable manifest back from the streams, so that its step can be made again exactly.
import { type Bus, findTrajectory, streamNames } from "@easel/bus";
import {
  decodeMessage,
  type ManifestGroup,
  messageDigest,
  type RolloutTask,
  subjects,
} from "@easel/protocol";
import { LearnerError } from "./errors.js";
import type { CompleteSlice, ReadyGroup, StoredScore } from "./group-book.js";

/** The groups of a manifest in its order, each message with the digest that the manifest names. */
export async function replayGroups(
  bus: Bus,
  groups: readonly ManifestGroup[],
  tasks: ReadonlyMap<string, RolloutTask>,
): Promise<ReadyGroup[]> {
  const found: ReadyGroup[] = [];
  for (const { group, slices } of groups) {
    const task = tasks.get(group);
    if (task === undefined) throw gone(`the issue record of group ${group}`);
    const complete: CompleteSlice[] = [];
    for (const { slice, trajectoryDigest, scores } of slices) {
      const stored = await findTrajectory(bus, task.run, group, slice);
      if (stored?.digest !== trajectoryDigest) throw gone(`slice ${slice} of group ${group}`);
      const storedScores: StoredScore[] = [];
      for (const { reward, digest } of scores)
        storedScores.push(await scoreOf(bus, task, slice, reward, digest));
      complete.push({ slice, trajectory: stored.trajectory, trajectoryDigest, scores: storedScores });
    }
    found.push({ task, slices: complete });
  }
  return found;
}

async function scoreOf(
  bus: Bus,
  task: RolloutTask,
  slice: number,
  reward: string,
  digest: string,
): Promise<StoredScore> {
  const subject = subjects.score(task.run, task.group, slice, reward);
  const message = await bus.jsm.streams.getMessage(streamNames.scores, { last_by_subj: subject });
  const bytes = message === null ? null : Uint8Array.from(message.data);
  if (bytes === null || messageDigest(bytes) !== digest)
    throw gone(`score ${reward} of slice ${slice} of group ${task.group}`);
  return { reward, digest, vector: decodeMessage("scoreVector", bytes) };
}

function gone(what: string): LearnerError {
  return new LearnerError(
    "EASEL_LEARNER_REPLAY_MISSING",
    `A step that is in the ledger cannot be made again: ${what} is not in the streams as the manifest names it. Restore the broker's store.`,
  );
}
