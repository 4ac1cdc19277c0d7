// Files and their digests: hashing in passing, and files that appear whole or not at all.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Digest } from "@easel/protocol";

/** SHA-256 and size of a file, read in pieces. */
export async function digestFile(
  path: string,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = chunk as Uint8Array;
    hash.update(bytes);
    sizeBytes += bytes.byteLength;
  }
  return { digest: hash.digest("hex"), sizeBytes };
}

/**
 * Writes pieces to a temporary file beside `path`, syncs it, and renames it into place when `accept` agrees with the digest
 * of what was written. Nothing is left behind otherwise.
 */
export async function writeAtomically(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  accept: (digest: Digest) => void,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = `${path}.${randomUUID()}.part`;
  const hash = createHash("sha256");
  let sizeBytes = 0;
  try {
    const file = await open(temporary, "wx");
    try {
      for await (const piece of pieces) {
        hash.update(piece);
        sizeBytes += piece.byteLength;
        await writeAll(file, piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const digest = hash.digest("hex");
    accept(digest);
    await rename(temporary, path);
    await syncFolder(folder);
    return { digest, sizeBytes };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    written += (await file.write(bytes, written)).bytesWritten;
  }
}

/** Makes a rename durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
