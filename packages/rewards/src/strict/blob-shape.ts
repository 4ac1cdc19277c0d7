// Decides a blob's shape from its outline: how full its box, its corners and its edges are. No templates.

import type { Shape } from "@easel/shapeworld";
import type { Blob } from "./blob.js";

/** The shape beyond doubt, or null. */
export function blobShape(blob: Blob, canvasWidth: number): Shape | null {
  const { box, pixels } = blob;
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  const filled = new Uint8Array(width * height);
  for (const at of pixels) {
    const x = at % canvasWidth;
    filled[((at - x) / canvasWidth - box.y1) * width + x - box.x1] = 1;
  }
  /** Share of ink in a part of the box, given in fractions of it. */
  const ink = (left: number, top: number, right: number, bottom: number): number => {
    let count = 0;
    let area = 0;
    for (let y = Math.floor(top * height); y < Math.ceil(bottom * height); y++) {
      for (let x = Math.floor(left * width); x < Math.ceil(right * width); x++) {
        area++;
        count += filled[y * width + x]!;
      }
    }
    return count / area;
  };

  const fill = pixels.length / (width * height);
  const upper = [ink(0, 0, 0.15, 0.15), ink(0.85, 0, 1, 0.15)];
  const lower = [ink(0, 0.85, 0.15, 1), ink(0.85, 0.85, 1, 1)];
  const shoulders = [
    ink(0.2, 0.2, 0.3, 0.3),
    ink(0.7, 0.2, 0.8, 0.3),
    ink(0.2, 0.7, 0.3, 0.8),
    ink(0.7, 0.7, 0.8, 0.8),
  ];
  const sides = [ink(0, 0.42, 0.1, 0.58), ink(0.9, 0.42, 1, 0.58)];
  const ends = [ink(0.42, 0, 0.58, 0.1), ink(0.42, 0.9, 0.58, 1)];
  const full = (parts: readonly number[]): boolean => parts.every((part) => part >= 0.75);
  const empty = (parts: readonly number[]): boolean => parts.every((part) => part <= 0.2);

  if (fill >= 0.93 && full([...upper, ...lower])) return "square";
  if (!empty(upper)) return null;
  if (empty(lower) && full([...sides, ...ends])) {
    if (fill >= 0.7 && fill <= 0.87 && full(shoulders)) return "circle";
    if (fill >= 0.45 && fill <= 0.67 && empty(shoulders)) return "cross";
  }
  const pointsUp = full([ink(0.1, 0.9, 0.9, 1)]) && full([ink(0.4, 0.5, 0.6, 0.9)]);
  if (fill >= 0.42 && fill <= 0.64 && empty(sides) && pointsUp) return "triangle";
  return null;
}
