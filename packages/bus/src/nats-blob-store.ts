// Blobs in a JetStream object store: no shared folder is needed, and a blob travels in pieces of 1 MiB. Right for pictures and for
// adapters of some tens of megabytes; full weights belong in a folder.
import { createReadStream } from "node:fs";
import { type Digest, isDigest, sha256Hex } from "@easel/protocol";
import { JetStreamApiError } from "@nats-io/jetstream";
import { type ObjectResult, type ObjectStore, Objm, StorageType } from "@nats-io/obj";
import { blobCorrupt, blobMissing, blobQuota, blobStalled, checkDigest } from "./blob-faults.js";
import type { BlobStore, BlobUsage, StoredBlob } from "./blob-store.js";
import type { Bus } from "./connect.js";
import { BusError } from "./errors.js";
import { digestFile, writeAtomically } from "./file-digest.js";
import { isStoreFull, storeFault, storeFull } from "./store-full.js";

export type NatsBlobOptions = {
  /** Name of the object store; `blobs` unless told. */
  readonly bucket?: string;
  readonly replicas?: number;
  /** Most bytes in the store; no limit unless told. */
  readonly quotaBytes?: number;
  /** A read that gets no piece for this long is given up; 15 s unless told. */
  readonly stallMs?: number;
};

const CHUNK_BYTES = 1024 * 1024;
const STORE_FAILED = 10077;
/** What the server keeps for each message beside its payload, generously. */
const OVERHEAD_BYTES = 512;

export async function openNatsBlobStore(bus: Bus, options: NatsBlobOptions = {}): Promise<BlobStore> {
  const { bucket = "blobs", quotaBytes = null, stallMs = 15_000 } = options;
  const where = `the object store ${bucket}`;
  const stream = `OBJ_${bucket}`;
  const store: ObjectStore = await new Objm(bus.js).create(bucket, {
    storage: StorageType.File,
    replicas: options.replicas ?? 1,
    ...(quotaBytes === null ? {} : { max_bytes: quotaBytes }),
  });

  async function sizeOf(digest: Digest): Promise<number | null> {
    const info = await store.info(checkDigest(digest));
    return info === null || info.deleted ? null : info.size;
  }

  async function put(blob: StoredBlob, data: () => ReadableStream<Uint8Array>): Promise<StoredBlob> {
    if ((await sizeOf(blob.digest)) === blob.sizeBytes) return blob;
    if (quotaBytes !== null) {
      const used = (await store.status()).size;
      if (used + blob.sizeBytes + OVERHEAD_BYTES > quotaBytes)
        throw blobQuota(where, blob.sizeBytes, quotaBytes);
    }
    try {
      await store.put({ name: blob.digest, options: { max_chunk_size: CHUNK_BYTES } }, data(), {
        timeout: 10_000,
      });
    } catch (error) {
      const fault = isStoreFull(error) ? storeFull(error) : await faultOf(error);
      if (fault !== null) throw fault;
      // Others may have filled it meanwhile; the server then refuses a piece.
      if (error instanceof JetStreamApiError && error.code === STORE_FAILED) {
        throw blobQuota(where, blob.sizeBytes, quotaBytes ?? 0);
      }
      throw error;
    }
    return blob;
  }

  /** A piece that was not answered may have met a full disk. */
  async function faultOf(error: unknown): Promise<BusError | null> {
    return error instanceof JetStreamApiError ? null : await storeFault(bus);
  }

  async function* pieces(digest: Digest): AsyncGenerator<Uint8Array, void, undefined> {
    const result = await open(digest);
    const reader = result.data.getReader();
    let done = false;
    try {
      for (;;) {
        const piece = await withStall(digest, reader.read());
        if (piece.done) break;
        yield piece.value;
      }
      done = true;
    } catch (error) {
      if (error instanceof BusError) throw error;
      if (!/corrupt/.test(String((error as Error).message))) throw blobStalled(digest, where, error);
      bus.observe({ name: "blob_corrupt", level: "alarm", fields: { digest } });
      throw blobCorrupt(digest, where);
    } finally {
      if (!done) await reader.cancel().catch(() => {});
    }
  }

  async function open(digest: Digest): Promise<ObjectResult> {
    const result = await withStall(digest, store.get(checkDigest(digest)));
    if (result === null) throw blobMissing(digest, where);
    // The library reports a failed read here as well; without a handler that would end the process.
    result.error.catch(() => {});
    return result;
  }

  async function withStall<T>(digest: Digest, work: Promise<T>): Promise<T> {
    let cancel = (): void => {};
    const stalled = new Promise<never>((_resolve, reject) => {
      cancel = bus.clock.after(stallMs, () => {
        reject(blobStalled(digest, where, new Error(`nothing came for ${stallMs} ms`)));
      });
    });
    try {
      return await Promise.race([work, stalled]);
    } finally {
      cancel();
    }
  }

  return {
    kind: "nats",
    put: (bytes) => put({ digest: sha256Hex(bytes), sizeBytes: bytes.byteLength }, () => streamOf([bytes])),
    putFile: async (path) =>
      put(await digestFile(path), () => streamOf(createReadStream(path, { highWaterMark: CHUNK_BYTES }))),
    get: async (digest) => {
      const parts: Uint8Array[] = [];
      for await (const piece of pieces(digest)) parts.push(piece);
      const bytes = Uint8Array.from(Buffer.concat(parts));
      // The library compares with the digest in the object's own record; only this compares with the one asked for.
      if (sha256Hex(bytes) !== digest) throw blobCorrupt(digest, where);
      return bytes;
    },
    getFile: async (digest, path) =>
      writeAtomically(path, pieces(digest), (written) => {
        if (written !== digest) throw blobCorrupt(digest, where);
      }),
    has: async (digest) => (await sizeOf(digest)) !== null,
    delete: async (digest) => {
      if ((await sizeOf(digest)) === null) return false;
      await store.delete(digest);
      // A delete leaves a marker for watchers. Nobody watches, and a picture a sample would leave millions of them.
      const name = Buffer.from(digest).toString("base64url");
      const padded = name.padEnd(Math.ceil(name.length / 4) * 4, "=");
      await bus.jsm.streams.purge(stream, { filter: `$O.${bucket}.M.${padded}` });
      return true;
    },
    list: async function* () {
      for (const info of await store.list()) {
        if (!info.deleted && isDigest(info.name)) yield { digest: info.name, sizeBytes: info.size };
      }
    },
    usage: async (): Promise<BlobUsage> => {
      const live = (await store.list()).filter((info) => !info.deleted);
      return { blobs: live.length, sizeBytes: live.reduce((sum, info) => sum + info.size, 0), quotaBytes };
    },
    leftovers: async () => {
      const prefix = `$O.${bucket}.C.`;
      const { state } = await bus.jsm.streams.info(stream, { subjects_filter: `${prefix}>` });
      // After the pieces: an object whose record came meanwhile is seen whole.
      const live = new Set(
        (await store.list()).filter((info) => !info.deleted).map(({ nuid }) => prefix + nuid),
      );
      return Object.keys(state.subjects ?? {}).filter((subject) => !live.has(subject));
    },
    removeLeftover: async (name) => {
      if (name.startsWith(`$O.${bucket}.C.`)) await bus.jsm.streams.purge(stream, { filter: name });
    },
  };
}

function streamOf(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(Uint8Array.from(next.value));
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}
