// Writes a file so that a crash leaves the old content or the new, never a part. Knows nothing of tensors.

import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";

let sequence = 0;

/**
 * Calls `write` on a temporary file beside `path`, syncs it to disk, renames it over `path` and syncs the folder.
 * When `write` fails the temporary file is removed and `path` is untouched.
 */
export async function writeFileAtomically(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  sequence += 1;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${threadId}-${sequence}.partial`);
  const file = await open(temporary, "w");
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // Without this the rename itself may be lost with the power.
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
