// Content digests: SHA-256 as 64 lower-case hex digits. Used for weights, images and whole messages.
import { createHash } from "node:crypto";
import { z } from "zod";

/** SHA-256 of some bytes, 64 lower-case hex digits. */
export type Digest = string;

/** SHA-256 of bytes, or of a text's UTF-8 bytes. */
export function sha256Hex(content: Uint8Array | string): Digest {
  return createHash("sha256").update(content).digest("hex");
}

export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

export const digestSchema: z.ZodType<Digest> = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 digest of 64 lower-case hex digits");
