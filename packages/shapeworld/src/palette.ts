// RGB values of the world's colours and their second shades. Which pixel is which class is colour-table.ts.
import type { Colour } from "./vocabulary.js";

/** Red, green and blue in 0..255. */
export type Rgb = readonly [number, number, number];

/** First shade of each colour. */
export const PALETTE: Readonly<Record<Colour, Rgb>> = {
  red: [220, 40, 40],
  orange: [245, 140, 20],
  yellow: [240, 215, 40],
  green: [40, 165, 60],
  blue: [50, 80, 225],
  purple: [150, 50, 190],
};

/** Second shade of a colour, used by textures: half of each channel, rounded down. */
export function secondShade(colour: Colour): Rgb {
  const [red, green, blue] = PALETTE[colour];
  return [red >> 1, green >> 1, blue >> 1];
}
