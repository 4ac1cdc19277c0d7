// Which part of a picture the model is trained on, and where it lands in the model's square. Pure geometry; pixels are
// moved in picture-file.ts.
import { type Box, boxArea, MAX_COORDINATE } from "@easel/chain";

/**
 * How a picture of any shape becomes a square.
 *
 * | policy | what happens | what is lost |
 * |---|---|---|
 * | `centre-crop` | the middle square is cut out and scaled (Janus-Pro's own preparation) | what lies outside it, boxes too |
 * | `square-resize` | both sides are scaled to the square's | the proportions; boxes stay as they are |
 * | `pad` | the whole is scaled to fit, bars are white | resolution |
 */
export const picturePolicies = ["centre-crop", "square-resize", "pad"] as const;

/** One of {@link picturePolicies}. */
export type PicturePolicy = (typeof picturePolicies)[number];

/** A rectangle of whole pixels. */
export type PixelRectangle = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

/** `window` of the source picture fills `place` in a square of `side` pixels. */
export type PicturePlacement = {
  readonly source: { readonly width: number; readonly height: number };
  readonly window: PixelRectangle;
  readonly place: PixelRectangle;
  readonly side: number;
};

/**
 * Places a picture.
 *
 * @param width of the source in pixels, at least 1
 * @param height of the source in pixels, at least 1
 * @param side of the square in pixels
 */
export function placePicture(
  policy: PicturePolicy,
  width: number,
  height: number,
  side: number,
): PicturePlacement {
  const whole = { left: 0, top: 0, width, height };
  const square = { left: 0, top: 0, width: side, height: side };
  const source = { width, height };
  if (policy === "square-resize") return { source, window: whole, place: square, side };
  if (policy === "centre-crop") {
    const shorter = Math.min(width, height);
    return { source, window: centred(shorter, shorter, width, height), place: square, side };
  }
  const scale = side / Math.max(width, height);
  const scaled = (length: number): number => Math.max(1, Math.round(length * scale));
  return { source, window: whole, place: centred(scaled(width), scaled(height), side, side), side };
}

function centred(width: number, height: number, outerWidth: number, outerHeight: number): PixelRectangle {
  return {
    left: Math.floor((outerWidth - width) / 2),
    top: Math.floor((outerHeight - height) / 2),
    width,
    height,
  };
}

/** A point in thousandths of the source's sides, as a point in thousandths of the square's; may lie outside `[0,1000]`. */
export function placePoint(
  { source, window, place, side }: PicturePlacement,
  x: number,
  y: number,
): { readonly x: number; readonly y: number } {
  const along = (value: number, length: number, from: number, span: number, to: number, room: number) =>
    (((to + (((value / 1000) * length - from) * room) / span) / side) * 1000) as number;
  return {
    x: along(x, source.width, window.left, window.width, place.left, place.width),
    y: along(y, source.height, window.top, window.height, place.top, place.height),
  };
}

/**
 * A box moved with its picture: cut at the edge of what is shown and rounded to whole thousandths. Null where too little
 * of it is left.
 *
 * @param keptShare the share of the box's area, in [0,1], that must be shown; a box without area left is always lost
 */
export function placeBox(placement: PicturePlacement, box: Box, keptShare: number): Box | null {
  const { x: x1, y: y1 } = placePoint(placement, box.x1, box.y1);
  const { x: x2, y: y2 } = placePoint(placement, box.x2, box.y2);
  const whole = { x1, y1, x2, y2 };
  const { place, side } = placement;
  const edge = (pixels: number): number => (pixels / side) * 1000;
  const shown = {
    x1: Math.max(x1, edge(place.left)),
    y1: Math.max(y1, edge(place.top)),
    x2: Math.min(x2, edge(place.left + place.width)),
    y2: Math.min(y2, edge(place.top + place.height)),
  };
  const area = boxArea(whole);
  // A hair's breadth: a box that is wholly shown may lose its last bit to rounding.
  if (area === 0 || boxArea(shown) < keptShare * area * (1 - 1e-9)) return null;
  const whole1000 = (value: number): number => Math.min(MAX_COORDINATE, Math.max(0, Math.round(value)));
  const placed = {
    x1: whole1000(shown.x1),
    y1: whole1000(shown.y1),
    x2: whole1000(shown.x2),
    y2: whole1000(shown.y2),
  };
  return boxArea(placed) === 0 ? null : placed;
}
