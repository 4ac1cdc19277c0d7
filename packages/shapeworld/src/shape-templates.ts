// Which shape a region looks like, by the IoU of its 12 x 12 mask with templates. Looks at form only.
import type { Component } from "./components.js";
import { insideShape } from "./shape-mask.js";
import { SHAPES, type Shape } from "./vocabulary.js";

/** A shape and how well it fits, IoU in `[0,1]`. */
export type ShapeFit = { readonly shape: Shape; readonly fit: number };

const GRID = 12;
/** Sides at which templates are sampled, in pixels; both drawn sides are among them, so clean renders fit exactly. */
const TEMPLATE_SIDES = [12, 16, 20, 24, 32];

/** A 12 x 12 mask as bits: the cell in row `r`, column `c` is bit `12 * (r % 2) + c` of word `r / 2`. */
type GridMask = { readonly bits: Int32Array; readonly area: number };

const TEMPLATES: readonly { readonly shape: Shape; readonly mask: GridMask }[] = SHAPES.flatMap((shape) =>
  TEMPLATE_SIDES.map((side) => ({
    shape,
    mask: sampleGrid(side, side, (x, y) => insideShape(shape, x, y, side)),
  })),
);

/** The best fitting shape of a region stretched over its own box. Ties go to the earlier shape. */
export function bestShape(region: Component, width: number): ShapeFit {
  const { box } = region;
  const columns = box.x2 - box.x1;
  const rows = box.y2 - box.y1;
  const filled = new Uint8Array(columns * rows);
  for (const at of region.pixels) {
    const x = at % width;
    filled[((at - x) / width - box.y1) * columns + x - box.x1] = 1;
  }
  const mask = sampleGrid(columns, rows, (x, y) => filled[y * columns + x] === 1);
  let best: ShapeFit = { shape: SHAPES[0], fit: -1 };
  for (const template of TEMPLATES) {
    let shared = 0;
    for (let word = 0; word < mask.bits.length; word += 1) {
      shared += countOnes((mask.bits[word] as number) & (template.mask.bits[word] as number));
    }
    const fit = shared / Math.max(1, mask.area + template.mask.area - shared);
    if (fit > best.fit) best = { shape: template.shape, fit };
  }
  return best;
}

function sampleGrid(columns: number, rows: number, inside: (x: number, y: number) => boolean): GridMask {
  const bits = new Int32Array(GRID / 2);
  let area = 0;
  for (let row = 0; row < GRID; row += 1) {
    const y = Math.floor(((row + 0.5) * rows) / GRID);
    let line = 0;
    for (let column = 0; column < GRID; column += 1) {
      if (inside(Math.floor(((column + 0.5) * columns) / GRID), y)) line |= 1 << column;
    }
    area += countOnes(line);
    bits[row >> 1] = (bits[row >> 1] as number) | (line << (GRID * (row & 1)));
  }
  return { bits, area };
}

/** Number of set bits of a 32-bit integer. */
function countOnes(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
