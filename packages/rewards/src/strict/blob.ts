// Connected patches of ink in a picture, for the strict measure. Shares nothing with the detector, on purpose.

import type { PixelBox, RgbImage } from "@easel/shapeworld";

export type Blob = {
  /** Tight box around the pixels; x2 and y2 are exclusive. */
  readonly box: PixelBox;
  /** Offsets of its pixels, y * width + x. */
  readonly pixels: readonly number[];
  /** Those of them with ink on all four sides: what a blur mixes little paper into. */
  readonly core: readonly number[];
};

/**
 * A pixel is paper if even its darkest channel is light. In the middle between paper and the colours, whose darkest
 * channel is 20 to 50, so that a blurred edge stays where it was.
 */
const PAPER = 148;

/** Patches of neighbouring ink pixels (sides and corners), in raster order of their first pixel. */
export function blobsOf(image: RgbImage): Blob[] {
  const { width, height } = image;
  const ink = inkOf(image);
  const seen = new Uint8Array(width * height);
  const blobs: Blob[] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1 || ink[start] === 0) continue;
    seen[start] = 1;
    const pixels = [start];
    const core: number[] = [];
    let [x1, y1, x2, y2] = [width, height, 0, 0];
    for (let next = 0; next < pixels.length; next++) {
      const at = pixels[next]!;
      const x = at % width;
      const y = (at - x) / width;
      x1 = Math.min(x1, x);
      y1 = Math.min(y1, y);
      x2 = Math.max(x2, x + 1);
      y2 = Math.max(y2, y + 1);
      if (isSurrounded(ink, x, y, image)) core.push(at);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const neighbour = ny * width + nx;
          if (seen[neighbour] === 1 || ink[neighbour] === 0) continue;
          seen[neighbour] = 1;
          pixels.push(neighbour);
        }
      }
    }
    blobs.push({ box: { x1, y1, x2, y2 }, pixels, core });
  }
  return blobs;
}

/** 1 for every pixel that is no paper. */
function inkOf({ width, height, data }: RgbImage): Uint8Array {
  const ink = new Uint8Array(width * height);
  for (let at = 0; at < ink.length; at++) {
    const darkest = Math.min(data[at * 3]!, data[at * 3 + 1]!, data[at * 3 + 2]!);
    ink[at] = darkest > PAPER ? 0 : 1;
  }
  return ink;
}

/** True if no side neighbour is paper; there is no paper beyond the canvas. */
function isSurrounded(ink: Uint8Array, x: number, y: number, { width, height }: RgbImage): boolean {
  const at = y * width + x;
  return (
    (x === 0 || ink[at - 1] === 1) &&
    (x === width - 1 || ink[at + 1] === 1) &&
    (y === 0 || ink[at - width] === 1) &&
    (y === height - 1 || ink[at + width] === 1)
  );
}
