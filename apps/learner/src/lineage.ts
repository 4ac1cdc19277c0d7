// Which records of the ledger count: the epochs from the newest back to the first, each up to where its successor took over.
// The conservation law reads the ledger in the same way; a record outside is as if it had never been written.
import type { LedgerEntry } from "@easel/bus";
import type { EpochRecord, ManifestRecord } from "@easel/protocol";

type LiveEpoch = {
  /** Steps after this one were abandoned. */
  readonly lastStep: number;
  /** Records at or after this position came too late. */
  readonly beforeSequence: number;
};

export type Lineage = {
  /** Newest epoch; null in a ledger without one. */
  readonly epoch: number | null;
  readonly live: ReadonlyMap<number, LiveEpoch>;
  /** Where this ledger begins: step 0, or the checkpoint from which a run went on after the loss of its broker's store. */
  readonly root: { readonly epoch: number; readonly step: number } | null;
  /** Live manifests by step. */
  readonly manifests: ReadonlyMap<number, ManifestRecord>;
  /** Last step such that it and every step before it have a live manifest. */
  readonly lastStep: number;
};

export function lineageOf(ledger: readonly LedgerEntry[]): Lineage {
  const epochs = new Map<number, { readonly record: EpochRecord; readonly sequence: number }>();
  for (const { record, sequence } of ledger) {
    if (record.kind === "epoch") epochs.set(record.epoch, { record, sequence });
  }
  const newest = epochs.size === 0 ? null : Math.max(...epochs.keys());
  const live = new Map<number, LiveEpoch>();
  let bound: LiveEpoch = { lastStep: Number.POSITIVE_INFINITY, beforeSequence: Number.POSITIVE_INFINITY };
  for (let at = newest; at !== null && !live.has(at); ) {
    live.set(at, bound);
    const found = epochs.get(at);
    if (found === undefined) break;
    bound = {
      lastStep: Math.min(bound.lastStep, found.record.fromStep),
      beforeSequence: Math.min(bound.beforeSequence, found.sequence),
    };
    at = found.record.parentEpoch;
  }
  const manifests = new Map<number, ManifestRecord>();
  for (const { record, sequence } of ledger) {
    if (record.kind !== "manifest") continue;
    const epoch = live.get(record.epoch);
    if (epoch !== undefined && record.step <= epoch.lastStep && sequence < epoch.beforeSequence) {
      manifests.set(record.step, record);
    }
  }
  // A run whose ledger was lost and begun again has its first manifest at a later step.
  const first = [...live.keys()]
    .map((epoch) => epochs.get(epoch)?.record)
    .find((one) => one?.parentEpoch === null);
  const root = first === undefined ? null : { epoch: first.epoch, step: first.fromStep };
  let lastStep = root?.step ?? 0;
  while (manifests.has(lastStep + 1)) lastStep += 1;
  return { epoch: newest, live, root, manifests, lastStep };
}

/** Whether a checkpoint of this epoch and step belongs to the lineage. */
export function isLive(
  lineage: Lineage,
  checkpoint: { readonly epoch: number; readonly step: number },
): boolean {
  const { root } = lineage;
  // What the first epoch of a ledger went on from is older than the ledger.
  if (root !== null && root.step > 0 && checkpoint.epoch < root.epoch) return checkpoint.step === root.step;
  const epoch = lineage.live.get(checkpoint.epoch);
  return epoch !== undefined && checkpoint.step <= epoch.lastStep && checkpoint.step <= lineage.lastStep;
}
