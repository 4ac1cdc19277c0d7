// Conversion between plan coordinates ([0,1000) per axis) and pixels of a canvas of any size. Draws nothing.
import { type Box, clampBox } from "./box.js";
import { ChainError } from "./errors.js";

/** Size of a canvas in pixels. */
export type CanvasSize = { readonly width: number; readonly height: number };

/** A box in pixels; `x2` and `y2` are exclusive, so a full 64 px canvas is `0,0,64,64`. */
export type PixelBox = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

/**
 * Pixels of a planned box, rounded to whole pixels: 125 is 8 px and 999 is 64 px on a canvas of 64.
 *
 * @throws ChainError `EASEL_CHAIN_BAD_CANVAS` when a side is not a positive number.
 */
export function toPixels(box: Box, size: CanvasSize): PixelBox {
  checkSize(size);
  const x = (value: number): number => Math.round((value / 1000) * size.width);
  const y = (value: number): number => Math.round((value / 1000) * size.height);
  return { x1: x(box.x1), y1: y(box.y1), x2: x(box.x2), y2: y(box.y2) };
}

/**
 * Plan coordinates of a pixel box, rounded and clamped to `[0,999]`. `toPixels(fromPixels(b))` is `b` for canvases
 * up to 500 px a side; above that the clamp at 999 costs a pixel at the far edge.
 *
 * @throws ChainError `EASEL_CHAIN_BAD_CANVAS` when a side is not a positive number.
 */
export function fromPixels(box: PixelBox, size: CanvasSize): Box {
  checkSize(size);
  const x = (value: number): number => Math.round((value / size.width) * 1000);
  const y = (value: number): number => Math.round((value / size.height) * 1000);
  return clampBox({ x1: x(box.x1), y1: y(box.y1), x2: x(box.x2), y2: y(box.y2) });
}

function checkSize(size: CanvasSize): void {
  if (!(size.width > 0 && size.height > 0 && Number.isFinite(size.width + size.height))) {
    throw new ChainError(
      "EASEL_CHAIN_BAD_CANVAS",
      `a canvas of ${size.width} x ${size.height} px has no area: pass the image's width and height in pixels`,
    );
  }
}
