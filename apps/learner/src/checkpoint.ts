// Checkpoints on disk: a folder that appears whole or not at all, with the digest of every file in its manifest. Which one
// counts is the pointer's and the ledger's business, not this file's.
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CheckpointPointer, sha256Hex } from "@easel/protocol";
import { fileDigest, syncPath, writeDurably } from "./durable-file.js";
import { LearnerError } from "./errors.js";
import { type LearnerState, readLearnerState } from "./learner-state.js";

const MANIFEST = "checkpoint.json";
const STATE = "state.json";
const FORMAT = "easel-checkpoint-1";
const NAME = /^e(\d{4,})-s(\d{8,})$/;

type CheckpointManifest = {
  readonly format: typeof FORMAT;
  readonly run: string;
  readonly epoch: number;
  readonly step: number;
  /** SHA-256 of each file, by name. */
  readonly files: Readonly<Record<string, string>>;
};

export type CheckpointName = { readonly name: string; readonly epoch: number; readonly step: number };

export function checkpointName(epoch: number, step: number): string {
  return `e${String(epoch).padStart(4, "0")}-s${String(step).padStart(8, "0")}`;
}

/** Names of the checkpoints in a folder: the newest epoch first, since an older one may have abandoned steps, and in it the newest step. */
export async function listCheckpoints(folder: string): Promise<CheckpointName[]> {
  await mkdir(folder, { recursive: true });
  return (await readdir(folder))
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ name, epoch: Number(match[1]), step: Number(match[2]) }];
    })
    .sort((a, b) => b.epoch - a.epoch || b.step - a.step);
}

/**
 * Writes a checkpoint: files, sync, rename, sync of the folder.
 * @param savePolicy writes the policy's files into the folder it is given; returns file name to SHA-256
 * @param beforeRename called when everything is written and nothing is in place yet
 * @throws LearnerError `EASEL_LEARNER_SUCCEEDED` when the half-written folder was swept away by a learner that leads now
 */
export async function writeCheckpoint(
  folder: string,
  state: LearnerState,
  savePolicy: (folder: string) => Promise<Readonly<Record<string, string>>>,
  beforeRename: () => Promise<void> = async () => {},
): Promise<CheckpointPointer> {
  const { run, epoch, step } = state;
  const name = checkpointName(epoch, step);
  const partial = join(folder, `.partial-${name}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  let digest: string;
  try {
    digest = await fill(partial, state, savePolicy);
    await beforeRename();
    const final = join(folder, name);
    await rm(final, { recursive: true, force: true });
    await rename(partial, final);
  } catch (error) {
    throw (await isGone(partial)) ? succeeded(partial, error) : error;
  }
  await syncPath(folder);
  return { run, epoch, step, name, digest };
}

/** Everything of a checkpoint into a folder. Returns the digest of its manifest. */
async function fill(
  partial: string,
  state: LearnerState,
  savePolicy: (folder: string) => Promise<Readonly<Record<string, string>>>,
): Promise<string> {
  const { run, epoch, step } = state;
  const policyFiles = await savePolicy(partial);
  const stateText = JSON.stringify(state);
  await writeDurably(join(partial, STATE), stateText);
  const files = { ...policyFiles, [STATE]: sha256Hex(stateText) };
  const manifest: CheckpointManifest = { format: FORMAT, run, epoch, step, files };
  const manifestText = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeDurably(join(partial, MANIFEST), manifestText);
  for (const file of Object.keys(policyFiles)) await syncPath(join(partial, file));
  await syncPath(partial);
  return sha256Hex(manifestText);
}

async function isGone(path: string): Promise<boolean> {
  return await stat(path).then(
    () => false,
    (error: unknown) => (error as { code?: unknown }).code === "ENOENT",
  );
}

/** A learner that leads sweeps half-written checkpoints away: one that was paused in mid-write finds its own gone when it wakes. */
function succeeded(partial: string, cause: unknown): LearnerError {
  return new LearnerError(
    "EASEL_LEARNER_SUCCEEDED",
    `The checkpoint that was being written, ${partial}, is gone: another learner leads this run and swept it away, or the folder was removed by hand. Let the other one train on; start this one again when there is none.`,
    { cause },
  );
}

export type ReadCheckpoint = {
  readonly path: string;
  readonly pointer: CheckpointPointer;
  readonly state: LearnerState;
};

/**
 * Reads a checkpoint's state after checking every file of it.
 * @throws LearnerError `EASEL_LEARNER_CHECKPOINT_CORRUPT` naming the file.
 */
export async function readCheckpoint(folder: string, name: string): Promise<ReadCheckpoint> {
  const path = join(folder, name);
  const manifestText = await readOrCorrupt(path, MANIFEST);
  const manifest = parseOrCorrupt(path, manifestText);
  for (const [file, digest] of Object.entries(manifest.files)) {
    const found = await fileDigest(join(path, file)).catch(() => null);
    if (found === null) throw corrupt(path, `${file} cannot be read`);
    if (found !== digest) throw corrupt(path, `${file} is not what was written (its digest differs)`);
  }
  const state = readLearnerState(await readOrCorrupt(path, STATE));
  if (state === null) throw corrupt(path, `${STATE} has an unknown format`);
  const { run, epoch, step } = manifest;
  return { path, state, pointer: { run, epoch, step, name, digest: sha256Hex(manifestText) } };
}

/** Removes all but the newest `keep` checkpoints, and what a crash left half written. Returns the names that stay. */
export async function removeOldCheckpoints(folder: string, keep: number): Promise<CheckpointName[]> {
  const all = await listCheckpoints(folder);
  for (const { name } of all.slice(keep)) await rm(join(folder, name), { recursive: true, force: true });
  for (const name of await readdir(folder)) {
    if (name.startsWith(".partial-")) await rm(join(folder, name), { recursive: true, force: true });
  }
  return all.slice(0, keep);
}

async function readOrCorrupt(path: string, file: string): Promise<string> {
  try {
    return await readFile(join(path, file), "utf8");
  } catch (cause) {
    throw corrupt(path, `${file} cannot be read`, cause);
  }
}

function parseOrCorrupt(path: string, text: string): CheckpointManifest {
  try {
    const value = JSON.parse(text) as Partial<CheckpointManifest> | null;
    if (value?.format === FORMAT && typeof value.files === "object") return value as CheckpointManifest;
  } catch {
    // Named below.
  }
  throw corrupt(path, `${MANIFEST} is damaged or of another release`);
}

function corrupt(path: string, what: string, cause?: unknown): LearnerError {
  return new LearnerError(
    "EASEL_LEARNER_CHECKPOINT_CORRUPT",
    `The checkpoint ${path} is unusable: ${what}. An older one is used when there is one; restore this folder from a copy otherwise.`,
    { cause },
  );
}
