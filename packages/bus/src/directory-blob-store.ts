// Blobs as files `sha256/<2 hex>/<64 hex>` under one folder, which may be shared by machines. For large weights this is the store.
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, isDigest, sha256Hex } from "@easel/protocol";
import { blobCorrupt, blobMissing, blobQuota, checkDigest } from "./blob-faults.js";
import type { BlobStore, BlobUsage, StoredBlob } from "./blob-store.js";
import { digestFile, writeAtomically } from "./file-digest.js";

export type DirectoryBlobOptions = {
  readonly folder: string;
  /** Most bytes in the store; no limit unless told. Each writing process may overshoot by a 64th of it. */
  readonly quotaBytes?: number;
};

/** Share of the quota that one process writes before it measures the folder again. */
const MEASURED_SHARE = 1 / 64;

/** A file that is being written, below the folder of its prefix. */
const LEFTOVER = /^[0-9a-f]{2}\/[0-9a-f]{64}\.[0-9a-f-]+\.part$/;

export async function openDirectoryBlobStore(options: DirectoryBlobOptions): Promise<BlobStore> {
  const { quotaBytes = null } = options;
  const root = join(options.folder, "sha256");
  const where = "the blob folder";
  await mkdir(root, { recursive: true });
  const pathOf = (digest: Digest): string => join(root, checkDigest(digest).slice(0, 2), digest);

  async function sizeOf(digest: Digest): Promise<number | null> {
    try {
      return (await stat(pathOf(digest))).size;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  async function* list(): AsyncGenerator<StoredBlob, void, undefined> {
    for (const prefix of (await readdir(root)).sort()) {
      for (const name of (await readdir(join(root, prefix))).sort()) {
        if (!isDigest(name)) continue;
        const sizeBytes = await sizeOf(name);
        if (sizeBytes !== null) yield { digest: name, sizeBytes };
      }
    }
  }

  async function usage(): Promise<BlobUsage> {
    let blobs = 0;
    let sizeBytes = 0;
    for await (const blob of list()) {
      blobs += 1;
      sizeBytes += blob.sizeBytes;
    }
    return { blobs, sizeBytes, quotaBytes };
  }

  // Measuring looks at every file, so it is done anew only when this process may have filled a part of the quota since.
  let room = 0;
  let beingWritten = 0;
  let measured: Promise<void> = Promise.resolve();

  async function takeRoom(sizeBytes: number): Promise<void> {
    if (quotaBytes === null) return;
    // One at a time: writers that measured together would all see the same room.
    const taken = measured.then(async () => {
      if (sizeBytes > room) {
        const left = quotaBytes - (await usage()).sizeBytes - beingWritten;
        if (sizeBytes > left) throw blobQuota(where, sizeBytes, quotaBytes);
        room = Math.max(sizeBytes, Math.min(left, Math.floor(quotaBytes * MEASURED_SHARE)));
      }
      room -= sizeBytes;
      beingWritten += sizeBytes;
    });
    measured = taken.catch(() => {});
    await taken;
  }

  async function leftovers(): Promise<string[]> {
    const found: string[] = [];
    for (const prefix of await readdir(root)) {
      const names = await readdir(join(root, prefix));
      found.push(...names.map((name) => `${prefix}/${name}`).filter((name) => LEFTOVER.test(name)));
    }
    return found;
  }

  async function store(
    blob: StoredBlob,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<StoredBlob> {
    if ((await sizeOf(blob.digest)) === blob.sizeBytes) return blob;
    await takeRoom(blob.sizeBytes);
    try {
      return await writeAtomically(pathOf(blob.digest), pieces, (written) => {
        // The source changed while it was read.
        if (written !== blob.digest) throw blobCorrupt(blob.digest, "its source");
      });
    } finally {
      beingWritten = Math.max(0, beingWritten - blob.sizeBytes);
    }
  }

  return {
    kind: "directory",
    put: (bytes) => store({ digest: sha256Hex(bytes), sizeBytes: bytes.byteLength }, [bytes]),
    putFile: async (path) =>
      store(await digestFile(path), createReadStream(path, { highWaterMark: 1024 * 1024 })),
    get: async (digest) => {
      try {
        const bytes = await readFile(pathOf(digest));
        if (sha256Hex(bytes) !== digest) throw blobCorrupt(digest, where);
        return Uint8Array.from(bytes);
      } catch (error) {
        throw isAbsent(error) ? blobMissing(digest, where) : error;
      }
    },
    getFile: async (digest, path) => {
      if ((await sizeOf(digest)) === null) throw blobMissing(digest, where);
      const source = createReadStream(pathOf(digest), { highWaterMark: 1024 * 1024 });
      return await writeAtomically(path, source, (written) => {
        if (written !== digest) throw blobCorrupt(digest, where);
      });
    },
    has: async (digest) => (await sizeOf(digest)) !== null,
    delete: async (digest) => {
      if ((await sizeOf(digest)) === null) return false;
      await rm(pathOf(digest), { force: true });
      return true;
    },
    list,
    usage,
    leftovers,
    removeLeftover: async (name) => {
      if (LEFTOVER.test(name)) await rm(join(root, name), { force: true });
    },
  };
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
