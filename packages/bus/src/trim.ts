// Removing what a run no longer needs from RESULTS and SCORES. After a purge a subject is free again, so only groups that are settled
// in the oldest kept checkpoint and archived may go; the caller shows both.
import { subjects } from "@easel/protocol";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { streamNames } from "./stream-definitions.js";

export type TrimOptions = {
  readonly run: string;
  /** Groups settled in the oldest checkpoint that is kept. */
  readonly settled: Iterable<string>;
  /** True when a group's messages are in the run's archive, written and synced. */
  readonly isArchived: (group: string) => boolean;
};

export type TrimResult = { readonly groups: number; readonly messages: number };

/**
 * Purges the trajectories and scores of settled groups.
 * @throws BusError `EASEL_BUS_NOT_ARCHIVED` before anything is purged, when one of them is not in the archive.
 */
export async function trimSettled(bus: Bus, options: TrimOptions): Promise<TrimResult> {
  const groups = [...options.settled];
  const missing = groups.find((group) => !options.isArchived(group));
  if (missing !== undefined) {
    throw new BusError(
      "EASEL_BUS_NOT_ARCHIVED",
      `Group ${missing} is not in the archive, so nothing was trimmed. Archive its messages first.`,
    );
  }
  let messages = 0;
  for (const group of groups) {
    const purges = [
      [streamNames.results, subjects.trajectoriesOfGroup(options.run, group)],
      [streamNames.scores, subjects.scoresOfGroup(options.run, group)],
    ] as const;
    for (const [stream, filter] of purges)
      messages += (await bus.jsm.streams.purge(stream, { filter })).purged;
  }
  return { groups: groups.length, messages };
}
