// Files that survive a power cut: synced before they count, whole or not there.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const LINE_BREAK = 0x0a;

/** Writes a file under a temporary name, syncs it and renames it into place. */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.part`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    // On a full disk it would only take room.
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncPath(dirname(path));
}

/** Appends lines to a file and syncs it. */
export async function appendDurably(path: string, text: string): Promise<void> {
  await appendWhole(path, text, true);
}

/**
 * Appends lines to a file, all or nothing: on a disk that fills up half way, what was written is taken back, and a line that a crash
 * cut off before gets its end first.
 */
export async function appendWhole(path: string, text: string, sync = false): Promise<void> {
  const file = await open(path, "a+");
  try {
    const { size } = await file.stat();
    const last = size === 0 ? null : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
    try {
      await file.appendFile(last === null || last === LINE_BREAK ? text : `\n${text}`);
      if (sync) await file.sync();
    } catch (error) {
      await file.truncate(size).catch(() => {});
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** Makes what was written to a file, or what was renamed in a folder, durable. */
export async function syncPath(path: string): Promise<void> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, "r");
    await handle.sync();
  } finally {
    await handle?.close();
  }
}

/** SHA-256 of a file, read in pieces. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
