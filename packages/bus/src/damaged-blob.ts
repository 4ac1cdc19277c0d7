// Removing a blob whose bytes are not what its name says. Nobody can ever use it, and while it is there its owner takes it for whole.
import type { Digest } from "@easel/protocol";
import type { BlobStore } from "./blob-store.js";
import { BusError } from "./errors.js";

/** Deletes the blob if it is there and damaged; reads it once more to be sure. True when it was deleted. */
export async function deleteDamaged(store: BlobStore, digest: Digest): Promise<boolean> {
  if (!(await store.has(digest))) return false;
  try {
    await store.get(digest);
    return false;
  } catch (error) {
    if (!(error instanceof BusError) || error.code !== "EASEL_BUS_BLOB_CORRUPT") throw error;
    return await store.delete(digest);
  }
}
