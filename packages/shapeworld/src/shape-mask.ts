// Which pixels of a square box belong to a shape, and which pixels of the canvas a texture darkens. Colours nothing.
import type { Shape, Texture } from "./vocabulary.js";

/**
 * True when the pixel at column `x`, row `y` of a box of `side` pixels belongs to the shape. Pixel centres lie at +0.5 and
 * the box spans [-1,1]; written with `u = (2x + 1 - side)` and so on, times `side`, to stay in integers and free of rounding.
 */
export function insideShape(shape: Shape, x: number, y: number, side: number): boolean {
  const u = Math.abs(2 * x + 1 - side);
  const v = Math.abs(2 * y + 1 - side);
  switch (shape) {
    case "square":
      return true;
    case "circle":
      return u * u + v * v <= side * side;
    case "triangle":
      // |u| <= (v + 1) / 2 + 0.5 / side with the apex up: half a pixel more, so that the apex is not empty.
      return u <= y + 1;
    case "cross":
      return u * 100 < 34 * side || v * 100 < 34 * side;
  }
}

/** True when the texture paints the canvas pixel in the second shade. Locked to the canvas, not to the object. */
export function darkAt(texture: Texture, x: number, y: number): boolean {
  switch (texture) {
    case "solid":
      return false;
    case "striped":
      return (y & 2) !== 0;
    case "dotted":
      return (x & 3) < 2 && (y & 3) < 2;
  }
}
