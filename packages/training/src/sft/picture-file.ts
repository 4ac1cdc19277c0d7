// Picture files of a data set to the pixels the codec reads. Refuses by name what it cannot read; where the picture is
// placed is decided in picture-placement.ts.
import { readFile, stat } from "node:fs/promises";
import type { RgbImage } from "@easel/shapeworld";
import type { Sharp } from "sharp";
import type { PictureFault } from "./picture-faults.js";
import { type PicturePlacement, type PicturePolicy, placePicture } from "./picture-placement.js";

/** What a picture file may be. */
export type PictureLimits = {
  /** Largest picture, in pixels; a few bytes may claim a huge canvas. */
  readonly maxPixels: number;
  /** Largest file. */
  readonly maxBytes: number;
};

/** A picture file that cannot be used, and why. */
export type RefusedPicture = { readonly fault: PictureFault; readonly detail: string };

/** Version of what {@link preparePicture} does to pixels: part of the key of cached codes. */
export const pictureRevision = 1;

const refused = (fault: PictureFault, detail: string): RefusedPicture => ({ fault, detail });

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** Reads a file within the limits. Other errors of the file system pass through. */
export async function readPictureFile(
  path: string,
  { maxBytes }: PictureLimits,
): Promise<Uint8Array | RefusedPicture> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return refused("no-such-file", `${path} is no file`);
    if (found.size === 0) return refused("empty-file", `${path} has no bytes`);
    if (found.size > maxBytes)
      return refused("file-too-large", `${path} has ${found.size} bytes, the limit is ${maxBytes}`);
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return refused("no-such-file", `${path} does not exist`);
    throw error;
  }
}

/** Told from the bytes, not the name, before anything parses them: the library reads more formats than are wanted. */
function isKnownFormat(bytes: Uint8Array): boolean {
  const starts = (at: number, ...values: readonly number[]): boolean =>
    values.every((value, index) => bytes[at + index] === value);
  const png = starts(0, 0x89, 0x50, 0x4e, 0x47);
  const jpeg = starts(0, 0xff, 0xd8, 0xff);
  const webp = starts(0, 0x52, 0x49, 0x46, 0x46) && starts(8, 0x57, 0x45, 0x42, 0x50);
  return png || jpeg || webp;
}

/** A picture whose size is known and whose pixels are not read yet. It is as stored, whatever turn its EXIF asks for: boxes are noted so. */
export type OpenedPicture = {
  readonly width: number;
  readonly height: number;
  /** The pixels of a placement in its square, transparency laid over white. */
  pixels(placement: PicturePlacement): Promise<RgbImage | RefusedPicture>;
};

const white = { r: 255, g: 255, b: 255 } as const;

async function placedPixels(open: () => Sharp, { window, place, side }: PicturePlacement): Promise<RgbImage> {
  const right = side - place.left - place.width;
  const bottom = side - place.top - place.height;
  const { data, info } = await open()
    .extract(window)
    // Bicubic as Janus' own preparation; shrinking while decoding would move edges by a fraction of a pixel.
    .resize(place.width, place.height, { fit: "fill", kernel: "cubic", fastShrinkOnLoad: false })
    .flatten({ background: white })
    .toColourspace("srgb")
    .extend({ left: place.left, top: place.top, right, bottom, background: white })
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3 || info.width !== side || info.height !== side) {
    throw new RangeError(`decoded as ${info.width} x ${info.height} with ${info.channels} channels`);
  }
  return { width: side, height: side, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Reads the size of a picture: of PNG, JPEG and WebP, of an animation the first frame. */
export async function openPicture(
  bytes: Uint8Array,
  { maxPixels }: PictureLimits,
): Promise<OpenedPicture | RefusedPicture> {
  if (!isKnownFormat(bytes)) return refused("not-png-jpeg-webp", "the first bytes are of no such file");
  // Loaded with the first picture: only supervised training reads pictures of users.
  const { default: sharp } = await import("sharp");
  const open = (): Sharp => sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" });
  const unreadable = (error: unknown): RefusedPicture => {
    const reason = error instanceof Error ? error.message : String(error);
    const tooMany = /pixel limit/i.test(reason);
    return refused(tooMany ? "too-many-pixels" : "unreadable-picture", reason.split("\n")[0] ?? reason);
  };
  try {
    const found = await open().metadata();
    const { width, height } = found;
    if (width * height > maxPixels)
      return refused("too-many-pixels", `${width} x ${height}, the limit is ${maxPixels} pixels`);
    if (!(width > 0 && height > 0)) return refused("unreadable-picture", `it is ${width} x ${height} pixels`);
    return {
      width,
      height,
      pixels: async (placement) => {
        try {
          return await placedPixels(open, placement);
        } catch (error) {
          return unreadable(error);
        }
      },
    };
  } catch (error) {
    return unreadable(error);
  }
}

/** Whether a size has the proportions that were noted when boxes were drawn, up to rounding of a scaled copy. */
export function sameProportions(
  found: { readonly width: number; readonly height: number },
  noted: { readonly width: number; readonly height: number },
): boolean {
  const scale = Math.max(found.width, found.height) / Math.max(noted.width, noted.height);
  const slack = 1 + 0.01 * Math.max(found.width, found.height);
  return (
    Math.abs(found.width - noted.width * scale) <= slack &&
    Math.abs(found.height - noted.height * scale) <= slack
  );
}

/** A picture ready for the codec, with how it was placed. */
export type PreparedPicture = { readonly image: RgbImage; readonly placement: PicturePlacement };

/** Reads, checks and places a picture file in one go. */
export async function preparePicture(
  bytes: Uint8Array,
  policy: PicturePolicy,
  side: number,
  limits: PictureLimits,
): Promise<PreparedPicture | RefusedPicture> {
  const opened = await openPicture(bytes, limits);
  if ("fault" in opened) return opened;
  const placement = placePicture(policy, opened.width, opened.height, side);
  const image = await opened.pixels(placement);
  return "fault" in image ? image : { image, placement };
}
