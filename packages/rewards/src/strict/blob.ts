// Connected patches of ink in a picture, for the strict measure. Shares nothing with the detector, on purpose.

import type { PixelBox, RgbImage } from "@easel/shapeworld";

export type Blob = {
  /** Tight box around the pixels; x2 and y2 are exclusive. */
  readonly box: PixelBox;
  /** Offsets of its pixels, y * width + x. */
  readonly pixels: readonly number[];
};

/** A pixel is paper if even its darkest channel is light. Every colour and second shade of the world is far below. */
const PAPER = 160;

/** Patches of neighbouring ink pixels (sides and corners), in raster order of their first pixel. */
export function blobsOf(image: RgbImage): Blob[] {
  const { width, height } = image;
  const seen = new Uint8Array(width * height);
  const blobs: Blob[] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1 || isPaper(image, start)) continue;
    seen[start] = 1;
    const pixels = [start];
    let [x1, y1, x2, y2] = [width, height, 0, 0];
    for (let next = 0; next < pixels.length; next++) {
      const at = pixels[next]!;
      const x = at % width;
      const y = (at - x) / width;
      x1 = Math.min(x1, x);
      y1 = Math.min(y1, y);
      x2 = Math.max(x2, x + 1);
      y2 = Math.max(y2, y + 1);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const neighbour = ny * width + nx;
          if (seen[neighbour] === 1 || isPaper(image, neighbour)) continue;
          seen[neighbour] = 1;
          pixels.push(neighbour);
        }
      }
    }
    blobs.push({ box: { x1, y1, x2, y2 }, pixels });
  }
  return blobs;
}

function isPaper(image: RgbImage, at: number): boolean {
  const { data } = image;
  return Math.min(data[at * 3]!, data[at * 3 + 1]!, data[at * 3 + 2]!) > PAPER;
}
