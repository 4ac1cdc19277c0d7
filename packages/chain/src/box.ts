// Boxes of a plan and their plain geometry. Knows nothing of text or of canvases.

/**
 * A planned box: top-left and bottom-right corner, integers in `[0,1000)`, each axis normalised to 1000,
 * origin at the top left (GoT, arXiv 2503.10639 section 3).
 */
export type Box = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

/** Largest coordinate a plan may hold. */
export const MAX_COORDINATE = 999;

/** Width of the box in its own units; 0 when the corners are out of order. */
export function boxWidth(box: Box): number {
  return Math.max(0, box.x2 - box.x1);
}

/** Height of the box in its own units; 0 when the corners are out of order. */
export function boxHeight(box: Box): number {
  return Math.max(0, box.y2 - box.y1);
}

/** Area in square units of the box; 0 when a side is empty. */
export function boxArea(box: Box): number {
  return boxWidth(box) * boxHeight(box);
}

/** Centre of the box; may fall between integers. */
export function boxCentre(box: Box): { readonly x: number; readonly y: number } {
  return { x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2 };
}

/** Area that two boxes share, in square units; 0 when they only touch. */
export function overlapArea(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union in `[0,1]`; 0 when both boxes are empty. */
export function iou(a: Box, b: Box): number {
  const shared = overlapArea(a, b);
  return shared === 0 ? 0 : shared / (boxArea(a) + boxArea(b) - shared);
}

/** Mean IoU over all unordered pairs, in `[0,1]`; 0 for fewer than two boxes. */
export function meanPairwiseIou(boxes: readonly Box[]): number {
  let sum = 0;
  let pairs = 0;
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      sum += iou(a, b);
      pairs += 1;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}

/** Same box with `x1 <= x2` and `y1 <= y2`. */
export function orderCorners(box: Box): Box {
  return {
    x1: Math.min(box.x1, box.x2),
    y1: Math.min(box.y1, box.y2),
    x2: Math.max(box.x1, box.x2),
    y2: Math.max(box.y1, box.y2),
  };
}

/** Same box with every coordinate clamped to `[0,999]`. */
export function clampBox(box: Box): Box {
  const clamp = (value: number): number => Math.min(MAX_COORDINATE, Math.max(0, value));
  return { x1: clamp(box.x1), y1: clamp(box.y1), x2: clamp(box.x2), y2: clamp(box.y2) };
}

/** True when all four coordinates are equal. */
export function sameBox(a: Box, b: Box): boolean {
  return a.x1 === b.x1 && a.y1 === b.y1 && a.x2 === b.x2 && a.y2 === b.y2;
}
