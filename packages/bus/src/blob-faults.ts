// The errors of blob stores, worded once for all implementations.
import { type Digest, isDigest } from "@easel/protocol";
import { BusError } from "./errors.js";

export function blobMissing(digest: Digest, where: string): BusError {
  return new BusError(
    "EASEL_BUS_BLOB_MISSING",
    `The blob ${digest} is not in ${where}. It was deleted, or its owner uses another store: check that all processes have the same blob settings.`,
  );
}

export function blobCorrupt(digest: Digest, where: string): BusError {
  return new BusError(
    "EASEL_BUS_BLOB_CORRUPT",
    `The bytes of blob ${digest} in ${where} do not have that digest. Delete the blob and store it again from its source; check the disk.`,
  );
}

export function blobQuota(where: string, sizeBytes: number, quotaBytes: number): BusError {
  return new BusError(
    "EASEL_BUS_BLOB_QUOTA",
    `${where} has no room for ${sizeBytes} more bytes under its quota of ${quotaBytes}. Wait for settled groups to be removed, or raise the quota.`,
  );
}

export function blobStalled(digest: Digest, where: string, cause: unknown): BusError {
  return new BusError(
    "EASEL_BUS_BLOB_STALLED",
    `Reading blob ${digest} from ${where} stopped: ${String((cause as Error).message)}. Check the link; a restricted account also needs permission to publish on $JS.FC.>.`,
    { cause },
  );
}

/** Refuses what is not a digest before it can become part of a path or subject. */
export function checkDigest(digest: Digest): Digest {
  if (isDigest(digest)) return digest;
  throw new BusError(
    "EASEL_BUS_BLOB_MISSING",
    `${JSON.stringify(digest)} is not a SHA-256 digest. Blobs are named by 64 lower-case hex digits.`,
  );
}
