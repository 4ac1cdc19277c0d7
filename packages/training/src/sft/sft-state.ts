// Where supervised training goes on after a stop: trained tensors and optimizers' state, in folders that are whole or
// absent. Not the model that training makes; that is written at the end.
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadVariables, saveVariables, type tf } from "@easel/engine";
import { TrainingError } from "../errors.js";
import { fileDigest } from "../file-digest.js";

/** What is saved: variables by stable names. */
export type SftVariables = {
  readonly trained: Readonly<Record<string, tf.Variable>>;
  readonly optimizer: Readonly<Record<string, tf.Variable>>;
};

/** What a saved state says of itself. */
export type SftStateRecord = {
  /** Updates done. */
  readonly step: number;
  /** Whatever must be equal for going on to make sense, by name. */
  readonly fixed: Readonly<Record<string, string>>;
};

type Stored = SftStateRecord & { readonly sha256: Readonly<Record<string, string>> };

const trainedFile = "trained.safetensors";
const optimizerFile = "optimizer.safetensors";
const recordFile = "state.json";
/** A second one, for when the newest turns out to be damaged. */
const kept = 2;

const nameOf = (step: number): string => `step-${String(step).padStart(8, "0")}`;

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Names of saved states, the newest first; none where there is no folder. */
async function savedNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /^step-\d{8,}$/.test(name))
    .sort()
    .reverse();
}

/** Whether a folder holds anything to go on from. */
export async function hasSftState(folder: string): Promise<boolean> {
  return (await savedNames(folder)).length > 0;
}

/** Saves a state under its step and removes all but the two newest. */
export async function saveSftState(
  folder: string,
  record: SftStateRecord,
  variables: SftVariables,
): Promise<void> {
  const place = join(folder, nameOf(record.step));
  const partial = join(folder, `.${nameOf(record.step)}.partial`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await saveVariables(join(partial, trainedFile), variables.trained);
  await saveVariables(join(partial, optimizerFile), variables.optimizer);
  const sha256 = {
    [trainedFile]: await fileDigest(join(partial, trainedFile)),
    [optimizerFile]: await fileDigest(join(partial, optimizerFile)),
  };
  const stored: Stored = { ...record, sha256 };
  await writeFile(join(partial, recordFile), `${JSON.stringify(stored, null, 2)}\n`, { flush: true });
  await syncFolder(partial);
  // The same step again, after its own state turned out damaged.
  await rm(place, { recursive: true, force: true });
  await rename(partial, place);
  await syncFolder(folder);
  for (const old of (await savedNames(folder)).slice(kept))
    await rm(join(folder, old), { recursive: true, force: true });
}

async function readRecord(place: string): Promise<Stored | null> {
  try {
    const stored = JSON.parse(await readFile(join(place, recordFile), "utf8")) as Stored;
    for (const file of [trainedFile, optimizerFile]) {
      if (stored.sha256[file] !== (await fileDigest(join(place, file)))) return null;
    }
    return stored;
  } catch {
    return null;
  }
}

function assertSame(place: string, saved: SftStateRecord, fixed: SftStateRecord["fixed"]): void {
  const names = new Set([...Object.keys(saved.fixed), ...Object.keys(fixed)]);
  const other = [...names].filter((name) => saved.fixed[name] !== fixed[name]);
  if (other.length === 0) return;
  throw new TrainingError(
    "EASEL_TRAINING_SFT_RESUME",
    `${place} was saved with other settings or data: ${other
      .map((name) => `${name} was ${saved.fixed[name] ?? "absent"}, is ${fixed[name] ?? "absent"}`)
      .join("; ")}. Go on with the old ones, or start anew in another folder.`,
  );
}

/**
 * Restores the newest whole state.
 *
 * @param fixed must equal what was saved
 * @returns the number of updates done
 * @throws TrainingError `EASEL_TRAINING_SFT_RESUME` when there is no whole state or it belongs to something else
 */
export async function loadSftState(
  folder: string,
  fixed: SftStateRecord["fixed"],
  variables: SftVariables,
): Promise<number> {
  for (const name of await savedNames(folder)) {
    const place = join(folder, name);
    const saved = await readRecord(place);
    if (saved === null) continue;
    assertSame(place, saved, fixed);
    await loadVariables(join(place, trainedFile), variables.trained);
    await loadVariables(join(place, optimizerFile), variables.optimizer);
    return saved.step;
  }
  throw new TrainingError(
    "EASEL_TRAINING_SFT_RESUME",
    `${folder} holds no whole state to go on from. Start anew without --resume.`,
  );
}
