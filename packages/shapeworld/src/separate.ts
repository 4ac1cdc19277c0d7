// Takes apart regions in which several objects touch: first by colour, then by straight cuts. Names no shapes.
import { colourIndexOf } from "./colour-table.js";
import { type Component, connectedComponents, regionOf } from "./components.js";
import { bestShape } from "./shape-templates.js";
import { COLOURS } from "./vocabulary.js";

/** Regions smaller than this many pixels are noise. */
export const MIN_AREA = 40;
/** Regions narrower than this are noise. */
export const MIN_SIDE = 8;
/** A colour with this share of a region may be an object of its own. */
const SURE_SHARE = 0.25;
/** With this share it may be one if it is compact: a blurred rim is not. */
const COMPACT_SHARE = 0.1;
const COMPACT_FILL = 0.4;
/** A region that fits a square-sided shape this well is one object. */
const GOOD_FIT = 0.8;
const WORTHWHILE = 0.1;
const MAX_CUTS = 2;
/** Cuts are tried every so many pixels; the grid is 8 px. */
const CUT_STEP = 2;

/** True when a region is large enough to be an object. */
export function largeEnough({ box, pixels }: Component): boolean {
  return pixels.length >= MIN_AREA && box.x2 - box.x1 >= MIN_SIDE && box.y2 - box.y1 >= MIN_SIDE;
}

/**
 * The region's objects by colour: itself, unless two or more colours hold a large part of it each.
 *
 * @param classes colour class per pixel of the image
 */
export function separateColours(
  region: Component,
  classes: Uint8Array,
  width: number,
  height: number,
): readonly Component[] {
  const counts = new Int32Array(COLOURS.length);
  for (const at of region.pixels) {
    const index = colourIndexOf(classes[at] as number);
    counts[index] = (counts[index] as number) + 1;
  }
  const candidates = [...counts.keys()].filter(
    (index) => (counts[index] as number) >= Math.max(MIN_AREA, COMPACT_SHARE * region.pixels.length),
  );
  if (candidates.length < 2) return [region];
  const parts: Component[] = [];
  for (const index of candidates) {
    const mask = new Uint8Array(width * height);
    for (const at of region.pixels) {
      if (colourIndexOf(classes[at] as number) === index) mask[at] = 1;
    }
    const sure = (counts[index] as number) >= SURE_SHARE * region.pixels.length;
    const pieces = connectedComponents(mask, width, height)
      .filter(largeEnough)
      .filter((piece) => sure || fillOf(piece) >= COMPACT_FILL);
    parts.push(...piecesOrWhole(pieces, width));
  }
  return parts.length < 2 ? [region] : parts;
}

/** Pieces of one colour as one object where that is the better shape: another object may lie across it. */
function piecesOrWhole(pieces: readonly Component[], width: number): readonly Component[] {
  const whole =
    pieces.length < 2
      ? null
      : regionOf(
          pieces.flatMap((piece) => piece.pixels),
          width,
        );
  return whole === null || squareFit(whole, width) < meanFit(pieces, width) ? pieces : [whole];
}

/** The region's objects by the best straight cut, repeated while a cut makes the parts clearly better shapes. */
export function separateTouching(region: Component, width: number, cuts = MAX_CUTS): readonly Component[] {
  const whole = squareFit(region, width);
  if (cuts === 0 || whole >= GOOD_FIT) return [region];
  let best: { readonly score: number; readonly parts: readonly Component[] } = {
    score: whole + WORTHWHILE,
    parts: [],
  };
  for (const parts of straightCuts(region, width)) {
    const score = meanFit(parts, width);
    if (score > best.score) best = { score, parts };
  }
  return best.parts.length === 0
    ? [region]
    : best.parts.flatMap((part) => separateTouching(part, width, cuts - 1));
}

/** Fit of the best shape, less for a box that is not square: objects of this world have square boxes. */
function squareFit(region: Component, width: number): number {
  const { box } = region;
  const [w, h] = [box.x2 - box.x1, box.y2 - box.y1];
  return bestShape(region, width).fit * (Math.min(w, h) / Math.max(w, h));
}

/** Mean fit of the parts, each counted by its pixels. */
function meanFit(parts: readonly Component[], width: number): number {
  const area = parts.reduce((sum, part) => sum + part.pixels.length, 0);
  return parts.reduce((sum, part) => sum + (part.pixels.length / area) * squareFit(part, width), 0);
}

function* straightCuts(region: Component, width: number): Generator<readonly Component[]> {
  const { box, pixels } = region;
  for (let cut = box.x1 + MIN_SIDE; cut <= box.x2 - MIN_SIDE; cut += CUT_STEP) {
    yield* bothSides(pixels, width, (at) => at % width < cut);
  }
  for (let cut = box.y1 + MIN_SIDE; cut <= box.y2 - MIN_SIDE; cut += CUT_STEP) {
    yield* bothSides(pixels, width, (at) => at < cut * width);
  }
}

function* bothSides(
  pixels: readonly number[],
  width: number,
  first: (at: number) => boolean,
): Generator<readonly Component[]> {
  const one = regionOf(pixels.filter(first), width);
  const other = regionOf(
    pixels.filter((at) => !first(at)),
    width,
  );
  if (one !== null && other !== null && largeEnough(one) && largeEnough(other)) yield [one, other];
}

function fillOf({ box, pixels }: Component): number {
  return pixels.length / ((box.x2 - box.x1) * (box.y2 - box.y1));
}
