// What a picture shows: objects with boxes in pixels. No prompt and no plan text.
import type { PixelBox } from "@easel/chain";
import type { Colour, Shape, Texture } from "./vocabulary.js";

/** Side of the square canvas in pixels. */
export const CANVAS_SIDE = 64;
/** Boxes start and end on multiples of this many pixels. */
export const CELL = 8;
/** Sides that a drawn object can have, in pixels. */
export const OBJECT_SIDES = [16, 24] as const;

/** One drawn object; the box is square and in pixels, `x2` and `y2` exclusive. */
export type SceneObject = {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly texture: Texture;
  readonly box: PixelBox;
};

/** Objects in drawing order, on a white canvas. */
export type Scene = { readonly objects: readonly SceneObject[] };
