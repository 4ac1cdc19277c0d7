// Decides a blob's shape from its two projections: how much ink each of its rows and columns holds. No templates.

import { SHAPES, type Shape } from "@easel/shapeworld";
import type { Blob } from "./blob.js";

/** A shape in its box, whose sides are 1. */
type Outline = {
  /** Width at height `t` from the top. */
  readonly row: (t: number) => number;
  /** Height at `t` from the left. */
  readonly column: (t: number) => number;
  /** Share of the box that may be ink: the area at the world's sizes, half a pixel more or less all around. */
  readonly fill: readonly [least: number, most: number];
};

const whole = (): number => 1;
const chord = (t: number): number => 2 * Math.sqrt(t * (1 - t));
const roof = (t: number): number => 1 - Math.abs(2 * t - 1);
const arms = (t: number): number => (Math.abs(t - 0.5) < 0.17 ? 1 : 0.34);

/** No two of these agree in more than two thirds of their lines, at the world's sizes. */
const OUTLINES: Readonly<Record<Shape, Outline>> = {
  square: { row: whole, column: whole, fill: [0.9, 1] },
  circle: { row: chord, column: chord, fill: [0.69, 0.87] },
  triangle: { row: (t) => t, column: roof, fill: [0.42, 0.63] },
  cross: { row: arms, column: arms, fill: [0.45, 0.71] },
};

/**
 * What a soft picture may move, in pixels: a line's place by one, since the box is as uncertain as the ink in it, and a
 * line's length by 1.6: most of a pixel at either end.
 */
const PLACE = 1;
const LENGTH = 1.6;
/** Share of all rows and columns that must agree. One line of a small object is 1/32. */
const AGREEMENT = 0.94;

/** The shape beyond doubt, or null. */
export function blobShape(blob: Blob, canvasWidth: number): Shape | null {
  const { box, pixels } = blob;
  const rows = new Array<number>(box.y2 - box.y1).fill(0);
  const columns = new Array<number>(box.x2 - box.x1).fill(0);
  for (const at of pixels) {
    const x = at % canvasWidth;
    rows[(at - x) / canvasWidth - box.y1]!++;
    columns[x - box.x1]!++;
  }
  const lines = rows.length + columns.length;
  const fill = pixels.length / (rows.length * columns.length);
  const found = SHAPES.filter((shape) => {
    const { row, column, fill: allowed } = OUTLINES[shape];
    if (fill < allowed[0] || fill > allowed[1]) return false;
    const agreeing = agreeingLines(rows, columns.length, row) + agreeingLines(columns, rows.length, column);
    return agreeing >= AGREEMENT * lines;
  });
  return found.length === 1 ? found[0]! : null;
}

/** How many parallel lines hold as much ink as the outline does there or one pixel beside. */
function agreeingLines(ink: readonly number[], length: number, outline: (t: number) => number): number {
  const near = (index: number, off: number): number =>
    length * outline(Math.min(1, Math.max(0, (index + 0.5 + off) / ink.length)));
  return ink.filter((pixels, index) => {
    const wanted = [near(index, -PLACE), near(index, 0), near(index, PLACE)];
    return pixels >= Math.min(...wanted) - LENGTH && pixels <= Math.max(...wanted) + LENGTH;
  }).length;
}
