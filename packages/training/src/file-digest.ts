// The sha256 of a file that may be larger than memory.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** 64 hex digits; the file is read in pieces. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(piece as Uint8Array);
  }
  return hash.digest("hex");
}
