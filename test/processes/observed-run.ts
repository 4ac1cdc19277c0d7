// What a run is seen to have done, from its ledger, archive and logs: what the assertions of guarantees look at, in a run and in its control.
import { join } from "node:path";
import { deriveConservation, findTrajectory, gatherEvidence } from "@easel/bus";
import { readArchive, readArchiveIndex } from "@easel/learner";
import { decodeMessage, parseResultSubject, type Trajectory } from "@easel/protocol";
import type { RunUnderTest } from "./run-under-test.js";

/** Steps that a restarted learner made again with another result, as its log names them. */
export async function replayDivergences(run: RunUnderTest, learner = "learner"): Promise<number[]> {
  return (await logLines(run, learner))
    .filter(({ msg }) => msg === "a repeated step gave other weights")
    .map(({ step }) => Number(step));
}

/** The lines of a process's log. */
export async function logLines(
  run: RunUnderTest,
  name: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await run.log(name);
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line));
}

/** Groups that were closed without training, by reason, from the ledger. */
export async function closedByReason(run: RunUnderTest): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const state of (await run.audit()).groups.values()) {
    if (state.state !== "dropped" && state.state !== "dead") continue;
    counts[state.reason] = (counts[state.reason] ?? 0) + 1;
  }
  return counts;
}

/**
 * For each trained group the weight versions that its oldest token lagged behind; infinite for weights that the lineage does not have.
 * From manifests and messages alone, not from what the learner says of itself.
 */
export async function trainedLags(run: RunUnderTest): Promise<ReadonlyMap<string, number>> {
  const evidence = await gatherEvidence(run.bus, { run: run.run });
  const { groups } = deriveConservation(evidence);
  const trainedIn = new Map<string, number>();
  const versions = new Map<string, number>();
  for (const { record } of evidence.ledger) {
    if (record.kind !== "manifest") continue;
    for (const { group } of record.groups) {
      const state = groups.get(group);
      if (state?.state !== "trained" || state.epoch !== record.epoch || state.step !== record.step) continue;
      trainedIn.set(group, record.step);
      // The weights before a step are those after the one before it.
      versions.set(record.policyDigest, record.step - 1);
    }
  }
  const archived = await archivedTrajectories(run);
  const lags = new Map<string, number>();
  for (const { record } of evidence.ledger) {
    if (record.kind !== "issue") continue;
    const { group, slices } = record.task;
    const step = trainedIn.get(group);
    if (step === undefined) continue;
    for (const { slice } of slices) {
      const trajectory =
        archived.get(`${group}/${slice}`) ??
        (await findTrajectory(run.bus, run.run, group, slice))?.trajectory;
      const sampled = (trajectory?.samples ?? [])
        .flatMap(({ weights }) => weights)
        .map(({ digest }) => versions.get(digest) ?? Number.NEGATIVE_INFINITY);
      const lag = sampled.length === 0 ? Number.NaN : step - 1 - Math.min(...sampled);
      lags.set(group, Math.max(lag, lags.get(group) ?? 0));
    }
  }
  return lags;
}

async function archivedTrajectories(run: RunUnderTest): Promise<Map<string, Trajectory>> {
  const folder = join(run.folder, "archive");
  const found = new Map<string, Trajectory>();
  for (const entry of await readArchiveIndex(folder)) {
    for (const { subject, bytes } of await readArchive(folder, entry)) {
      const address = parseResultSubject(subject);
      if (address === null || address.reward !== null) continue;
      found.set(`${address.group}/${address.slice}`, decodeMessage("trajectory", bytes));
    }
  }
  return found;
}

/** Steps that a learner made after a later epoch had made one. A learner that is succeeded may finish the one it is in. */
export function stepsAfterSuccession(steps: readonly { readonly epoch: number }[]): number {
  let newest = 0;
  let late = 0;
  for (const { epoch } of steps) {
    if (epoch < newest) late += 1;
    newest = Math.max(newest, epoch);
  }
  return late;
}
