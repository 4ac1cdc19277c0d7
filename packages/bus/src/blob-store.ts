// Where weights and pictures live: bytes by their SHA-256 and nothing else. The interface; implementations are in files of their own.
import type { Digest } from "@easel/protocol";

export type StoredBlob = { readonly digest: Digest; readonly sizeBytes: number };

export type BlobUsage = {
  readonly blobs: number;
  readonly sizeBytes: number;
  /** null when there is no quota. */
  readonly quotaBytes: number | null;
};

/**
 * Content-addressed storage. Every read is checked against the digest; every write is all or nothing; storing what is there
 * already changes nothing. Errors: `EASEL_BUS_BLOB_MISSING`, `EASEL_BUS_BLOB_CORRUPT`, `EASEL_BUS_BLOB_QUOTA` (back-pressure: wait
 * and try again), `EASEL_BUS_BLOB_STALLED`.
 */
export type BlobStore = {
  readonly kind: "directory" | "nats";
  put(bytes: Uint8Array): Promise<StoredBlob>;
  /** Stores a file of any size without holding it in memory. */
  putFile(path: string): Promise<StoredBlob>;
  get(digest: Digest): Promise<Uint8Array>;
  /** Writes the blob to a file of any size, checked before it appears under that name. */
  getFile(digest: Digest, path: string): Promise<StoredBlob>;
  has(digest: Digest): Promise<boolean>;
  /** True when there was something to delete. */
  delete(digest: Digest): Promise<boolean>;
  list(): AsyncIterable<StoredBlob>;
  usage(): Promise<BlobUsage>;
  /**
   * Names of what is there and belongs to no blob: what a writer that was killed left behind, and what one is writing now. They take
   * room; only one that stays for longer than any write takes may be removed.
   */
  leftovers(): Promise<readonly string[]>;
  removeLeftover(name: string): Promise<void>;
};
