// Finds boxes on the grid that satisfy relations. Exhaustive: it returns null only when no arrangement exists.
import type { PixelBox } from "@easel/chain";
import { chance, type Random, shuffled } from "./random.js";
import { CANVAS_SIDE, CELL } from "./scene.js";
import type { Relation } from "./vocabulary.js";

/** What a placement has to satisfy: `boxes[a]` is `relation` `boxes[b]`. */
export type PlacementRelation = { readonly a: number; readonly relation: Relation; readonly b: number };

/** Boxes in the order of the objects, and how many were tried and taken back before these were found. */
export type Placement = { readonly boxes: readonly PixelBox[]; readonly refusals: number };

const SMALL = 16;
const LARGE = 24;
/** Objects stay this many pixels apart in at least one axis; on the grid that makes one free cell. */
const GAP = 4;
const SMALL_BOXES = gridBoxes(SMALL);
const LARGE_BOXES = gridBoxes(LARGE);

/**
 * True when A's centre lies from B's centre within 45 degrees of the relation's axis.
 */
export function relationHolds(relation: Relation, a: PixelBox, b: PixelBox): boolean {
  const dx = b.x1 + b.x2 - a.x1 - a.x2;
  const dy = b.y1 + b.y2 - a.y1 - a.y2;
  switch (relation) {
    case "left":
      return dx > 0 && dx >= Math.abs(dy);
    case "right":
      return dx < 0 && -dx >= Math.abs(dy);
    case "above":
      return dy > 0 && dy >= Math.abs(dx);
    case "below":
      return dy < 0 && -dy >= Math.abs(dx);
  }
}

/** True when the boxes are at least 4 px apart in one axis. */
export function farEnough(a: PixelBox, b: PixelBox): boolean {
  return a.x2 + GAP <= b.x1 || b.x2 + GAP <= a.x1 || a.y2 + GAP <= b.y1 || b.y2 + GAP <= a.y1;
}

/**
 * Random boxes for `count` objects, apart from each other and true to every relation, by backtracking over all grid positions
 * and both sides; each choice strikes out what it rules out for the objects to come. Each object's wished side (16 px, or
 * 24 px with probability 1/2 for up to two objects and 1/3 for more) is tried first.
 *
 * @returns null when no arrangement exists; relations are never dropped.
 */
export function placeObjects(
  random: Random,
  count: number,
  relations: readonly PlacementRelation[],
): Placement | null {
  const options = Array.from({ length: count }, () => {
    const large = chance(random, count <= 2 ? 1 / 2 : 1 / 3);
    const small = shuffled(random, SMALL_BOXES);
    const big = shuffled(random, LARGE_BOXES);
    return large ? [...big, ...small] : [...small, ...big];
  });
  const refusals = { count: 0 };
  const boxes = arrange(0, options, relations, refusals);
  return boxes === null ? null : { boxes, refusals: refusals.count };
}

/** Boxes for the objects from `index` on, taken from what is still open to them; null when there are none. */
function arrange(
  index: number,
  options: readonly (readonly PixelBox[])[],
  relations: readonly PlacementRelation[],
  refusals: { count: number },
): PixelBox[] | null {
  if (index === options.length) return [];
  for (const box of options[index] ?? []) {
    const open = options.map((boxes, other) =>
      other <= index ? boxes : boxes.filter((later) => compatible(index, box, other, later, relations)),
    );
    if (open.every((boxes) => boxes.length > 0)) {
      const rest = arrange(index + 1, open, relations, refusals);
      if (rest !== null) return [box, ...rest];
    }
    refusals.count += 1;
  }
  return null;
}

function compatible(
  index: number,
  box: PixelBox,
  other: number,
  later: PixelBox,
  relations: readonly PlacementRelation[],
): boolean {
  if (!farEnough(box, later)) return false;
  return relations.every(({ a, relation, b }) => {
    if (a === index && b === other) return relationHolds(relation, box, later);
    if (a === other && b === index) return relationHolds(relation, later, box);
    return true;
  });
}

function gridBoxes(side: number): readonly PixelBox[] {
  const boxes: PixelBox[] = [];
  for (let y = 0; y + side <= CANVAS_SIDE; y += CELL) {
    for (let x = 0; x + side <= CANVAS_SIDE; x += CELL) {
      boxes.push({ x1: x, y1: y, x2: x + side, y2: y + side });
    }
  }
  return boxes;
}
