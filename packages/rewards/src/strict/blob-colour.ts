// Decides a blob's colour by hue and its texture by where its dark pixels lie. No colour table, no template.

import { COLOURS, type Colour, PALETTE, type RgbImage, type Texture } from "@easel/shapeworld";
import type { Blob } from "./blob.js";

/** Share of a blob's pixels that must agree on the colour. */
const AGREEMENT = 0.92;
/** Largest distance in degrees from the nearest hue of the palette. Dark shades lose hue precision to small errors. */
const HUE_REACH = 25;
/** Pixels less colourful than this (largest minus smallest channel) have no hue worth reading. */
const LEAST_CHROMA = 30;

/** The colour that nearly all pixels have, in either shade, or null. */
export function blobColour(blob: Blob, image: RgbImage): Colour | null {
  const counts = new Map<Colour, number>();
  for (const at of blob.pixels) {
    const colour = pixelColour(image, at);
    if (colour !== null) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  for (const [colour, count] of counts) if (count >= AGREEMENT * blob.pixels.length) return colour;
  return null;
}

/**
 * The texture beyond doubt, or null. Stripes darken rows whose half number is odd, dots the first two of every four
 * columns and rows of the canvas.
 */
export function blobTexture(blob: Blob, image: RgbImage, colour: Colour): Texture | null {
  const middle = 0.75 * Math.max(...PALETTE[colour]);
  const dark = { stripe: 0, betweenStripes: 0, dot: 0, betweenDots: 0 };
  const all = { stripe: 0, betweenStripes: 0, dot: 0, betweenDots: 0 };
  for (const at of blob.pixels) {
    const x = at % image.width;
    const y = (at - x) / image.width;
    const level = Math.max(image.data[at * 3]!, image.data[at * 3 + 1]!, image.data[at * 3 + 2]!);
    const isDark = level < middle ? 1 : 0;
    const row = Math.floor(y / 2) % 2 === 1 ? "stripe" : "betweenStripes";
    const cell = x % 4 < 2 && y % 4 < 2 ? "dot" : "betweenDots";
    all[row]++;
    all[cell]++;
    dark[row] += isDark;
    dark[cell] += isDark;
  }
  const share = (part: keyof typeof all): number => dark[part] / Math.max(1, all[part]);
  if (share("stripe") < 0.1 && share("betweenStripes") < 0.1) return "solid";
  if (share("stripe") > 0.85 && share("betweenStripes") < 0.15) return "striped";
  if (share("dot") > 0.85 && share("betweenDots") < 0.15) return "dotted";
  return null;
}

function pixelColour(image: RgbImage, at: number): Colour | null {
  const hue = hueOf(image.data[at * 3]!, image.data[at * 3 + 1]!, image.data[at * 3 + 2]!);
  if (hue === null) return null;
  let nearest: Colour | null = null;
  let least = HUE_REACH;
  for (const colour of COLOURS) {
    const turn = Math.abs(hue - (PALETTE_HUES.get(colour) ?? 0));
    const away = Math.min(turn, 360 - turn);
    if (away > least) continue;
    least = away;
    nearest = colour;
  }
  return nearest;
}

/** Hue in degrees [0,360), or null for greys. */
function hueOf(red: number, green: number, blue: number): number | null {
  const largest = Math.max(red, green, blue);
  const chroma = largest - Math.min(red, green, blue);
  if (chroma < LEAST_CHROMA) return null;
  if (largest === red) return (60 * ((green - blue) / chroma) + 360) % 360;
  if (largest === green) return 60 * ((blue - red) / chroma) + 120;
  return 60 * ((red - green) / chroma) + 240;
}

const PALETTE_HUES: ReadonlyMap<Colour, number> = new Map(
  COLOURS.map((colour) => [colour, hueOf(...PALETTE[colour]) ?? 0]),
);
