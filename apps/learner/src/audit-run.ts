// The audit of a whole run: the conservation law over ledger, streams and archive, and every stored byte against the digest that another
// record names for it. It changes nothing, and a run may go on meanwhile.
import { join } from "node:path";
import {
  type BlobStore,
  type Bus,
  type Conservation,
  checkpointPointer,
  deriveConservation,
  gatherEvidence,
  manifestFaults,
  type StoredFault,
  streamDigests,
  type Violation,
  weightsHead,
} from "@easel/bus";
import { readArchive, readArchiveIndex } from "./archive.js";
import { listCheckpoints, type ReadCheckpoint, readCheckpoint } from "./checkpoint.js";

export type RunAudit = {
  readonly conservation: Conservation;
  /** What is damaged, missing or not what a record says; none in a sound run. */
  readonly faults: readonly StoredFault[];
};

export type RunToAudit = {
  readonly bus: Bus;
  readonly run: string;
  readonly folder: string;
  readonly weights: BlobStore;
};

/** Between two looks: longer than a group is on its way from the ledger to the queue, or a checkpoint from its folder to the pointer. */
const SECOND_LOOK_MS = 2_000;

/** What is wrong is looked at twice: in a run that goes on, something may be on its way from one place to the next. */
export async function auditRun(target: RunToAudit): Promise<RunAudit> {
  const first = await lookOnce(target);
  if (first.conservation.violations.length + first.faults.length === 0) return first;
  await target.bus.clock.sleep(SECOND_LOOK_MS);
  const second = await lookOnce(target);
  const seen = new Set([...first.conservation.violations.map(nameOf), ...first.faults.map(nameOf)]);
  const again = (fault: Violation | StoredFault): boolean => seen.has(nameOf(fault));
  return {
    conservation: { ...second.conservation, violations: second.conservation.violations.filter(again) },
    faults: second.faults.filter(again),
  };
}

function nameOf(fault: Violation | StoredFault): string {
  return `${fault.rule} ${"what" in fault ? fault.what : fault.group}`;
}

async function lookOnce({ bus, run, folder, weights }: RunToAudit): Promise<RunAudit> {
  // The streams before the archive: what is trimmed meanwhile was archived before.
  const inStreams = await streamDigests(bus, run);
  const archive = await readWholeArchive(join(folder, "archive"));
  const evidence = await gatherEvidence(bus, { run, archivedSubjects: archive.digests.keys() });
  const conservation = deriveConservation(evidence);
  const checkpoints = await readAllCheckpoints(join(folder, "checkpoints"));
  return {
    conservation,
    faults: [
      ...archive.faults,
      ...manifestFaults(evidence, conservation, [archive.digests, inStreams]),
      ...checkpoints.faults,
      ...(await pointerFaults(bus, run, checkpoints.whole)),
      ...(await weightsFaults(bus, run, weights, checkpoints.whole)),
    ],
  };
}

/** Each file against the index, each message against its own digest. */
async function readWholeArchive(
  folder: string,
): Promise<{ readonly digests: ReadonlyMap<string, string>; readonly faults: readonly StoredFault[] }> {
  const digests = new Map<string, string>();
  const faults: StoredFault[] = [];
  for (const entry of await readArchiveIndex(folder)) {
    try {
      for (const { subject, digest } of await readArchive(folder, entry)) digests.set(subject, digest);
    } catch (error) {
      faults.push(unreadable(`archive/${entry.file}`, error));
    }
  }
  return { digests, faults };
}

async function readAllCheckpoints(
  folder: string,
): Promise<{ readonly whole: readonly ReadCheckpoint[]; readonly faults: readonly StoredFault[] }> {
  const whole: ReadCheckpoint[] = [];
  const faults: StoredFault[] = [];
  for (const { name } of await listCheckpoints(folder)) {
    try {
      whole.push(await readCheckpoint(folder, name));
    } catch (error) {
      faults.push(unreadable(`checkpoints/${name}`, error));
    }
  }
  return { whole, faults };
}

async function pointerFaults(
  bus: Bus,
  run: string,
  checkpoints: readonly ReadCheckpoint[],
): Promise<readonly StoredFault[]> {
  const pointer = await checkpointPointer(bus, run);
  if (pointer === null) return [];
  const what = `checkpoints/${pointer.name}`;
  const found = checkpoints.find((one) => one.pointer.name === pointer.name);
  if (found === undefined)
    return [{ rule: "bytes_missing", what, detail: "the pointer names it, and it is not there whole" }];
  if (found.pointer.digest === pointer.digest) return [];
  return [
    {
      rule: "bytes_differ",
      what,
      detail: `the pointer names ${pointer.digest}, stored is ${found.pointer.digest}`,
    },
  ];
}

async function weightsFaults(
  bus: Bus,
  run: string,
  store: BlobStore,
  checkpoints: readonly ReadCheckpoint[],
): Promise<readonly StoredFault[]> {
  const head = await weightsHead(bus, run);
  if (head === null) return [];
  const faults: StoredFault[] = [];
  for (const { name, digest } of head.blobs) {
    try {
      await store.get(digest);
    } catch (error) {
      faults.push(unreadable(`weights of step ${head.step}, ${name}`, error));
    }
  }
  const same = checkpoints.find(({ state }) => state.epoch === head.epoch && state.step === head.step);
  if (same !== undefined && same.state.policyDigest !== head.digest) {
    faults.push({
      rule: "bytes_differ",
      what: `weights of step ${head.step}`,
      detail: `announced as ${head.digest}, the checkpoint of that step has ${same.state.policyDigest}`,
    });
  }
  return faults;
}

function unreadable(what: string, error: unknown): StoredFault {
  return { rule: "unreadable", what, detail: error instanceof Error ? error.message : String(error) };
}
