// Writes small files so that a reader sees the old content or the new, never a part of it.
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file: temporary name in the same folder, fsync, rename, fsync of the folder. Makes the folder if absent.
 *
 * @param options `durable: false` leaves out both fsyncs, for what can be made again: still whole or absent for readers,
 *   but a power cut may lose it
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: { readonly durable?: boolean } = {},
): Promise<void> {
  const folder = dirname(path);
  const durable = options.durable ?? true;
  await mkdir(folder, { recursive: true });
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (!durable) return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
