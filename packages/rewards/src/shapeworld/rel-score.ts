// How true the relations of a prompt are among found objects that have boxes. What the objects are is set-score.ts.

import type { PixelBox, PromptSpec, Relation } from "@easel/shapeworld";
import { bestAssignment } from "./best-assignment.js";
import { type FoundObject, matchTable } from "./set-score.js";

export type PlacedObject = FoundObject & { readonly box: PixelBox };

const AXES: Readonly<Record<Relation, readonly [number, number]>> = {
  left: [-1, 0],
  right: [1, 0],
  above: [0, -1],
  below: [0, 1],
};

/** Search steps at most when several assignments are equally good; pictures with a few objects need far fewer. */
const MAX_STEPS = 4000;

/**
 * Cosine between the direction from b's centre to a's and the relation's axis, divided by cos 45 degrees and clipped:
 * 1 within 45 degrees of the axis, falling to 0 at 90 degrees and beyond, and for equal centres.
 */
export function relationCosine(a: PixelBox, relation: Relation, b: PixelBox): number {
  const dx = a.x1 + a.x2 - b.x1 - b.x2;
  const dy = a.y1 + a.y2 - b.y1 - b.y2;
  const length = Math.hypot(dx, dy);
  if (length === 0) return 0;
  const [ax, ay] = AXES[relation];
  return Math.min(1, Math.max(0, (dx * ax + dy * ay) / length / Math.SQRT1_2));
}

/**
 * Mean over the prompt's relations of the cosine above, each weighted by the worse of the two objects' match fractions:
 * a relation between other objects than the named ones is worth less. 1 for a prompt without relations; a relation with
 * a missing object is 0. The objects are assigned by attributes; among equally good assignments the best relations count.
 */
export function relScore(prompt: PromptSpec, found: readonly PlacedObject[]): number {
  const { objects, relations } = prompt;
  if (relations.length === 0) return 1;
  const table = matchTable(objects, found);
  const relationsOf = (columnOf: readonly number[]): number => {
    let sum = 0;
    for (const { a, relation, b } of relations) {
      const i = columnOf[a] ?? -1;
      const j = columnOf[b] ?? -1;
      if (i < 0 || j < 0) continue;
      sum += relationCosine(found[i]!.box, relation, found[j]!.box) * Math.min(table[a]![i]!, table[b]![j]!);
    }
    return sum / relations.length;
  };
  const { total, columnOf } = bestAssignment(table, found.length);
  return Math.max(relationsOf(columnOf), bestAmongTies(table, total, relationsOf));
}

/** The largest value of any assignment whose weights add up to `total`. */
function bestAmongTies(
  table: readonly (readonly number[])[],
  total: number,
  relationsOf: (columnOf: readonly number[]) => number,
): number {
  const rows = table.length;
  const attainable = new Array<number>(rows + 1).fill(0);
  for (let row = rows - 1; row >= 0; row--)
    attainable[row] = attainable[row + 1]! + Math.max(0, ...table[row]!);
  const columnOf = new Array<number>(rows).fill(-1);
  const used = new Set<number>();
  let best = 0;
  let steps = 0;

  const extend = (row: number, soFar: number): void => {
    steps++;
    if (steps > MAX_STEPS || best === 1 || soFar + attainable[row]! < total - 1e-9) return;
    if (row === rows) {
      best = Math.max(best, relationsOf(columnOf));
      return;
    }
    for (const [column, weight] of table[row]!.entries()) {
      if (weight === 0 || used.has(column)) continue;
      used.add(column);
      columnOf[row] = column;
      extend(row + 1, soFar + weight);
      used.delete(column);
    }
    columnOf[row] = -1;
    extend(row + 1, soFar);
  };
  extend(0, 0);
  return best;
}
