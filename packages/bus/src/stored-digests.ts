// Whether the bytes that were trained on are still what the ledger says they were: manifests name every message by its digest. The account of
// groups is conservation.ts; here it is about what they consist of.
import { subjects } from "@easel/protocol";
import type { Bus } from "./connect.js";
import type { Conservation, Evidence } from "./conservation.js";
import { openScoreCursor, openTrajectoryCursor } from "./results-cursor.js";

/** Something stored that is not what another record says it is, or is not there. */
export type StoredFault = {
  readonly rule: "bytes_missing" | "bytes_differ" | "unreadable";
  /** A subject, file, checkpoint or blob. */
  readonly what: string;
  readonly detail: string;
};

/** SHA-256 of messages by subject, as found in one place. */
export type DigestsBySubject = ReadonlyMap<string, string>;

/** Digests of all trajectories and scores of a run that the streams hold, of the bytes themselves. */
export async function streamDigests(bus: Bus, run: string): Promise<DigestsBySubject> {
  const found = new Map<string, string>();
  for (const open of [openTrajectoryCursor, openScoreCursor]) {
    const cursor = await open(bus, run);
    try {
      for (const { subject, digest } of await cursor.readAll()) found.set(subject, digest);
    } finally {
      await cursor.close();
    }
  }
  return found;
}

/**
 * Compares what the living manifests name with every copy that was found. Pure.
 *
 * @param copies digests of what the archive holds and of what the streams hold
 */
export function manifestFaults(
  { ledger }: Pick<Evidence, "ledger">,
  { groups }: Conservation,
  copies: readonly DigestsBySubject[],
): StoredFault[] {
  const faults: StoredFault[] = [];
  const compare = (subject: string, digest: string, where: string): void => {
    const found = copies.flatMap((copy) => copy.get(subject) ?? []);
    if (found.length === 0)
      faults.push({
        rule: "bytes_missing",
        what: subject,
        detail: `${where}; neither archived nor in a stream`,
      });
    for (const other of found) {
      if (other !== digest)
        faults.push({
          rule: "bytes_differ",
          what: subject,
          detail: `${where} with ${digest}, stored is ${other}`,
        });
    }
  };
  for (const { record } of ledger) {
    if (record.kind !== "manifest") continue;
    const { run, epoch, step } = record;
    for (const { group, slices } of record.groups) {
      const state = groups.get(group);
      // A manifest of an abandoned lineage trained nothing that counts.
      if (state?.state !== "trained" || state.epoch !== epoch || state.step !== step) continue;
      const where = `trained on at epoch ${epoch}, step ${step}`;
      for (const { slice, trajectoryDigest, scores } of slices) {
        compare(subjects.trajectory(run, group, slice), trajectoryDigest, where);
        for (const { reward, digest } of scores)
          compare(subjects.score(run, group, slice, reward), digest, where);
      }
    }
  }
  return faults;
}
