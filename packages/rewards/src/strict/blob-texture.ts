// Decides a blob's texture by where its darker pixels lie. No template: it compares the blob's levels with each other,
// because a soft picture has the pattern with less contrast than a sharp one.

import type { RgbImage, Texture } from "@easel/shapeworld";
import type { Blob } from "./blob.js";

/** How much darker a pattern must be than the rest. It is 0.5 in a sharp picture and 0 in a plain object. */
const LEAST_CONTRAST = 0.2;
/** Share of the pixels that must lie on their side of the middle between dark and bright. */
const PATTERN_AGREEMENT = 0.9;
/** A plain object has at most this much contrast at the places of either pattern ... */
const MOST_PLAIN = 0.1;
/** ... and this share of its pixels within that much of their mean. */
const PLAIN_AGREEMENT = 0.92;
const PLAIN_REACH = 0.2;

/**
 * The texture beyond doubt, or null. Stripes darken rows whose half number is odd, dots the first two of every four
 * columns and rows of the canvas.
 */
export function blobTexture(blob: Blob, image: RgbImage): Texture | null {
  const { width, data } = image;
  // The largest channel, which the paper that a blur mixes in raises least.
  const levels = blob.core.map((at) => Math.max(data[at * 3]!, data[at * 3 + 1]!, data[at * 3 + 2]!));
  const rows = blob.core.map((at) => Math.floor(at / width));
  const stripes = compare(
    levels,
    rows.map((y) => y % 4 >= 2),
  );
  if (stripes.contrast >= LEAST_CONTRAST && stripes.agreement >= PATTERN_AGREEMENT) return "striped";
  const dots = compare(
    levels,
    rows.map((y, index) => y % 4 < 2 && (blob.core[index]! % width) % 4 < 2),
  );
  if (dots.contrast >= LEAST_CONTRAST && dots.agreement >= PATTERN_AGREEMENT) return "dotted";
  if (Math.abs(stripes.contrast) > MOST_PLAIN || Math.abs(dots.contrast) > MOST_PLAIN) return null;
  const mean = levels.reduce((sum, level) => sum + level, 0) / Math.max(1, levels.length);
  const even = levels.filter((level) => Math.abs(level - mean) <= PLAIN_REACH * mean);
  return even.length >= PLAIN_AGREEMENT * levels.length ? "solid" : null;
}

/** How much darker the marked levels are than the others, and the share of levels on their side of the middle. */
function compare(
  levels: readonly number[],
  marked: readonly boolean[],
): { readonly contrast: number; readonly agreement: number } {
  const inside = levels.filter((_, index) => marked[index]);
  const outside = levels.filter((_, index) => !marked[index]);
  if (inside.length === 0 || outside.length === 0) return { contrast: 0, agreement: 0 };
  const dark = inside.reduce((sum, level) => sum + level, 0) / inside.length;
  const bright = outside.reduce((sum, level) => sum + level, 0) / outside.length;
  const middle = (dark + bright) / 2;
  const right = levels.filter((level, index) => level < middle === marked[index]);
  return { contrast: 1 - dark / Math.max(1, bright), agreement: right.length / levels.length };
}
