// Nearest colour class of any RGB value, by a table over 5 bits a channel. Finds no objects.
import { PALETTE, type Rgb, secondShade } from "./palette.js";
import { COLOURS } from "./vocabulary.js";

/** Class of the background. */
export const WHITE = 0;

/** Class of the first shade of colour number `index`; its second shade is that plus `COLOURS.length`. */
function classOf(index: number): number {
  return index + 1;
}

/** Index into `COLOURS` of a class that is not white. */
export function colourIndexOf(colourClass: number): number {
  return (colourClass - 1) % COLOURS.length;
}

/** True when the class is a second shade. */
export function isDark(colourClass: number): boolean {
  return colourClass > COLOURS.length;
}

/** Class per quantised colour, at `(red >> 3) << 10 | (green >> 3) << 5 | blue >> 3`. */
export const COLOUR_TABLE: Uint8Array = buildTable();

function buildTable(): Uint8Array {
  const references: { readonly rgb: Rgb; readonly colourClass: number }[] = [
    { rgb: [255, 255, 255], colourClass: WHITE },
  ];
  for (const [index, colour] of COLOURS.entries()) {
    references.push({ rgb: PALETTE[colour], colourClass: classOf(index) });
    references.push({ rgb: secondShade(colour), colourClass: classOf(index) + COLOURS.length });
  }
  const table = new Uint8Array(1 << 15);
  for (let bin = 0; bin < table.length; bin += 1) {
    // Centre of the bin: 8 values wide.
    const red = ((bin >> 10) & 31) * 8 + 4;
    const green = ((bin >> 5) & 31) * 8 + 4;
    const blue = (bin & 31) * 8 + 4;
    let nearest = Number.POSITIVE_INFINITY;
    for (const { rgb, colourClass } of references) {
      const distance = (red - rgb[0]) ** 2 + (green - rgb[1]) ** 2 + (blue - rgb[2]) ** 2;
      if (distance >= nearest) continue;
      nearest = distance;
      table[bin] = colourClass;
    }
  }
  return table;
}
