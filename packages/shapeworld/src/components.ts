// Connected regions of a pixel mask. Knows nothing of colours and shapes.
import type { PixelBox } from "@easel/chain";

/** An 8-connected region; `pixels` are indices `y * width + x` in no promised order. */
export type Component = { readonly box: PixelBox; readonly pixels: readonly number[] };

/**
 * 8-connected regions of the non-zero pixels, in the order of their first pixel row by row.
 *
 * @param mask `[height * width]`; consumed: it is all zero afterwards.
 */
export function connectedComponents(mask: Uint8Array, width: number, height: number): Component[] {
  const components: Component[] = [];
  for (let start = 0; start < width * height; start += 1) {
    if (mask[start] !== 0) components.push(flood(mask, width, height, start));
  }
  return components;
}

function flood(mask: Uint8Array, width: number, height: number, start: number): Component {
  const pixels = [start];
  mask[start] = 0;
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  // The list of found pixels is also the queue of pixels to look around from.
  for (let done = 0; done < pixels.length; done += 1) {
    const at = pixels[done] as number;
    const x = at % width;
    const y = (at - x) / width;
    if (x < x1) x1 = x;
    if (x > x2) x2 = x;
    if (y < y1) y1 = y;
    if (y > y2) y2 = y;
    const left = x > 0 ? x - 1 : x;
    const right = x < width - 1 ? x + 1 : x;
    const bottom = y < height - 1 ? y + 1 : y;
    for (let row = y > 0 ? y - 1 : y; row <= bottom; row += 1) {
      for (let near = row * width + left; near <= row * width + right; near += 1) {
        if (mask[near] === 0) continue;
        mask[near] = 0;
        pixels.push(near);
      }
    }
  }
  return { box: { x1, y1, x2: x2 + 1, y2: y2 + 1 }, pixels };
}

/** The region made of some pixels of an image, with their tight box; null when there are none. */
export function regionOf(pixels: readonly number[], width: number): Component | null {
  if (pixels.length === 0) return null;
  let [x1, y1, x2, y2] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  for (const at of pixels) {
    const x = at % width;
    const y = (at - x) / width;
    x1 = Math.min(x1, x);
    x2 = Math.max(x2, x);
    y1 = Math.min(y1, y);
    y2 = Math.max(y2, y);
  }
  return { box: { x1, y1, x2: x2 + 1, y2: y2 + 1 }, pixels };
}
