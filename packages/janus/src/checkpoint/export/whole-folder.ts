// Makes a folder that appears whole or not at all: written under another name beside it, synced, renamed.
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { JanusError } from "../../errors.js";

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else await sync(path);
  }
  await sync(folder);
}

/** @throws JanusError `EASEL_JANUS_EXPORT_TARGET` where something is there already, unless it is an empty folder */
export async function refuseOccupied(folder: string): Promise<void> {
  let entries: readonly string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (entries.length === 0) return;
  throw new JanusError(
    "EASEL_JANUS_EXPORT_TARGET",
    `${folder} exists and is not empty. Name another folder, or remove this one first.`,
  );
}

/**
 * Calls `write` with a folder that becomes `folder` when it is done. What fails leaves nothing; what is killed leaves only
 * a folder named `.NAME.partial-…`, whose weights have no `config.json` beside them.
 *
 * @throws JanusError `EASEL_JANUS_EXPORT_TARGET`
 */
export async function writeWholeFolder<T>(
  folder: string,
  write: (partial: string) => Promise<T>,
): Promise<T> {
  const target = resolve(folder);
  await refuseOccupied(target);
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const partial = join(parent, `.${basename(target)}.partial-${process.pid}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  try {
    const result = await write(partial);
    await syncTree(partial);
    await rename(partial, target);
    await sync(parent);
    return result;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
