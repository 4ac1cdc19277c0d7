// PNG files in memory. The same picture always gives the same bytes; transparency is laid over white.
import { PNG } from "pngjs";
import { ShapeworldError } from "./errors.js";
import type { RgbImage } from "./image.js";

/** Refuses to decode pictures above this many pixels: a few bytes may claim a huge canvas. */
const MAX_PIXELS = 1 << 26;

/**
 * A PNG of the picture, 8 bits a channel, without metadata.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_BAD_IMAGE` when the data does not match the size.
 */
export function encodePng(image: RgbImage): Uint8Array {
  checkImage(image);
  const { width, height, data } = image;
  const png = new PNG({ width, height, colorType: 2, inputColorType: 2, inputHasAlpha: false });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(
    PNG.sync.write(png, {
      colorType: 2,
      inputColorType: 2,
      inputHasAlpha: false,
      deflateLevel: 9,
      filterType: 4,
    }),
  );
}

/**
 * The picture in a PNG file of any colour type.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_BAD_PNG` when the bytes are not a whole PNG.
 */
export function decodePng(bytes: Uint8Array): RgbImage {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const claimed = file.length >= 24 ? file.readUInt32BE(16) * file.readUInt32BE(20) : 0;
    if (claimed > MAX_PIXELS) throw new RangeError(`it claims ${claimed} pixels, more than ${MAX_PIXELS}`);
    const { width, height, data } = PNG.sync.read(file);
    return { width, height, data: overWhite(data, width * height) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ShapeworldError(
      "EASEL_SHAPEWORLD_BAD_PNG",
      `${bytes.length} bytes are not a readable PNG (${reason}): pass the whole file, unchanged`,
      { cause },
    );
  }
}

/**
 * Checks that a picture's data matches its size.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_BAD_IMAGE` otherwise.
 */
export function checkImage({ width, height, data }: RgbImage): void {
  const sound = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (sound && data.length === width * height * 3) return;
  throw new ShapeworldError(
    "EASEL_SHAPEWORLD_BAD_IMAGE",
    `a picture of ${width} x ${height} with ${data.length} bytes is not RGB: data must hold width * height * 3 bytes`,
  );
}

function overWhite(rgba: Uint8Array, pixels: number): Uint8Array {
  const data = new Uint8Array(pixels * 3);
  for (let at = 0; at < pixels; at += 1) {
    const alpha = (rgba[at * 4 + 3] as number) / 255;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = rgba[at * 4 + channel] as number;
      data[at * 3 + channel] = Math.round(value * alpha + 255 * (1 - alpha));
    }
  }
  return data;
}
