// Marks a PNG with the attempt that made it, in a text chunk that viewers ignore. So no two samples share a picture's digest, and
// deleting the pictures of one group can never take another's.
import { crc32 } from "node:zlib";
import { RolloutError } from "./errors.js";

/** Length, type and checksum around an empty IEND chunk, which ends every PNG. */
const END_BYTES = 12;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The same picture with a `tEXt` chunk before its end. */
export function markPng(png: Uint8Array, mark: string): Uint8Array {
  if (!SIGNATURE.every((byte, i) => png[i] === byte)) {
    throw new RolloutError(
      "EASEL_ROLLOUT_PICTURE",
      "The policy gave a picture that is no PNG. Encode it with encodePng().",
    );
  }
  const body = Buffer.from(`tEXteasel\0${mark}`, "latin1");
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  const end = png.length - END_BYTES;
  return Uint8Array.from(Buffer.concat([png.subarray(0, end), chunk, png.subarray(end)]));
}
