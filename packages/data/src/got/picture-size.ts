// Width and height of a picture file out of its first bytes: PNG, JPEG, WebP, as stored and whatever turn EXIF asks for. Decodes
// nothing, so a picture whose pixels are broken passes.
import { type FileHandle, open } from "node:fs/promises";

/** Size in pixels. */
export type PictureSize = { readonly width: number; readonly height: number };

/** The size, or why there is none. */
export type PictureSizeOutcome = { readonly size: PictureSize } | { readonly reason: PictureSizeReason };

/** Why a picture is left out. */
export type PictureSizeReason = "image-no-such-file" | "image-not-png-jpeg-webp" | "image-broken-header";

/** Segments of a JPEG before its size: pictures carry previews and colour profiles there. */
const JPEG_SEGMENTS_LIMIT = 1024;
const HEAD_BYTES = 32;

/**
 * Reads the size of a picture. Errors of the file system other than an absent file pass through.
 */
export async function pictureSize(path: string): Promise<PictureSizeOutcome> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code)) return { reason: "image-no-such-file" };
    throw error;
  }
  try {
    if (!(await file.stat()).isFile()) return { reason: "image-no-such-file" };
    const head = await bytesAt(file, 0, HEAD_BYTES);
    const kind = kindOf(head);
    if (kind === null) return { reason: "image-not-png-jpeg-webp" };
    const size = kind === "png" ? pngSize(head) : kind === "webp" ? webpSize(head) : await jpegSize(file);
    if (size === null || size.width < 1 || size.height < 1) return { reason: "image-broken-header" };
    return { size };
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

function kindOf(head: Buffer): "png" | "jpeg" | "webp" | null {
  if (head.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return "png";
  if (head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return "jpeg";
  const riff = head.toString("latin1", 0, 4) === "RIFF" && head.toString("latin1", 8, 12) === "WEBP";
  return riff ? "webp" : null;
}

/** PNG: the first chunk is IHDR, width and height are its first fields. */
function pngSize(head: Buffer): PictureSize | null {
  if (head.length < 24 || head.toString("latin1", 12, 16) !== "IHDR") return null;
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

/** WebP: lossy (key frame header of VP8), lossless (VP8L: 14 bits each, less one) or extended (VP8X: 24 bits each, less one). */
function webpSize(head: Buffer): PictureSize | null {
  if (head.length < 30) return null;
  switch (head.toString("latin1", 12, 16)) {
    case "VP8 ":
      if (head.readUIntBE(23, 3) !== 0x9d012a) return null;
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case "VP8L": {
      if (head[20] !== 0x2f) return null;
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return null;
  }
}

/** JPEG: segments, each with its length, up to a start of frame (C0 to CF without C4, C8 and CC). */
async function jpegSize(file: FileHandle): Promise<PictureSize | null> {
  let at = 2;
  for (let segment = 0; segment < JPEG_SEGMENTS_LIMIT; segment += 1) {
    const bytes = await bytesAt(file, at, 9);
    if (bytes.length < 9 || bytes[0] !== 0xff) return null;
    const marker = bytes[1] ?? 0;
    if (marker === 0xff) {
      // A fill byte before a marker.
      at += 1;
      continue;
    }
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return { width: bytes.readUInt16BE(7), height: bytes.readUInt16BE(5) };
    const length = bytes.readUInt16BE(2);
    if (length < 2 || marker === 0xda || marker === 0xd9) return null;
    at += 2 + length;
  }
  return null;
}
