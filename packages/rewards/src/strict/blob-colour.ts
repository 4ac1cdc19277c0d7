// Decides a blob's colour by hue. No colour table. What its dark pixels form is blob-texture.ts.

import { COLOURS, type Colour, PALETTE, type RgbImage } from "@easel/shapeworld";
import type { Blob } from "./blob.js";

/** Share of the votes that one colour must have. */
const AGREEMENT = 0.92;
/** Largest distance in degrees from the nearest hue of the palette. Dark shades lose hue precision to small errors. */
const HUE_REACH = 25;
/** Pixels less colourful than this (largest minus smallest channel) have no hue worth reading. */
const LEAST_CHROMA = 30;

/**
 * The colour that nearly all of the blob's core has, in either shade, or null. A pixel's vote weighs as much as it is
 * colourful: the same error of a channel turns the hue of a dark pixel twice as far.
 */
export function blobColour(blob: Blob, image: RgbImage): Colour | null {
  const votes = new Map<Colour, number>();
  let all = 0;
  for (const at of blob.core) {
    const { hue, chroma } = hueOf(image.data[at * 3]!, image.data[at * 3 + 1]!, image.data[at * 3 + 2]!);
    // What has no hue votes against every colour.
    all += Math.max(chroma, LEAST_CHROMA);
    const colour = chroma < LEAST_CHROMA ? null : nearestColour(hue);
    if (colour !== null) votes.set(colour, (votes.get(colour) ?? 0) + chroma);
  }
  for (const [colour, share] of votes) if (share >= AGREEMENT * all) return colour;
  return null;
}

function nearestColour(hue: number): Colour | null {
  let nearest: Colour | null = null;
  let least = HUE_REACH;
  for (const [colour, wanted] of PALETTE_HUES) {
    const turn = Math.abs(hue - wanted);
    const away = Math.min(turn, 360 - turn);
    if (away > least) continue;
    least = away;
    nearest = colour;
  }
  return nearest;
}

/** Hue in degrees [0,360), meaningless without chroma, and chroma in 0..255. */
function hueOf(red: number, green: number, blue: number): { readonly hue: number; readonly chroma: number } {
  const largest = Math.max(red, green, blue);
  const chroma = largest - Math.min(red, green, blue);
  const part = Math.max(1, chroma);
  if (largest === red) return { hue: ((60 * (green - blue)) / part + 360) % 360, chroma };
  if (largest === green) return { hue: (60 * (blue - red)) / part + 120, chroma };
  return { hue: (60 * (red - green)) / part + 240, chroma };
}

const PALETTE_HUES: ReadonlyMap<Colour, number> = new Map(
  COLOURS.map((colour) => [colour, hueOf(...PALETTE[colour]).hue]),
);
