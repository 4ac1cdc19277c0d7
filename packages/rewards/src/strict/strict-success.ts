// Strict success: everything the prompt asks for is in the picture, exactly that many objects, every relation beyond doubt.
// A second measure that is never a reward: written apart from the detector and from the rewards, so that a policy that
// has learnt to please those is still caught. The plan is not looked at.

import type { Colour, PixelBox, PromptSpec, Relation, RgbImage, Shape, Texture } from "@easel/shapeworld";
import { type Blob, blobsOf } from "./blob.js";
import { blobColour } from "./blob-colour.js";
import { blobShape } from "./blob-shape.js";
import { blobTexture } from "./blob-texture.js";

/** Version of this measure. Any change that can move a verdict is a new version. */
export const STRICT_VERSION = "shapeworld-strict-2";

export type StrictVerdict =
  | { readonly success: true }
  | { readonly success: false; readonly reason: StrictFailure };

/**
 * `dirt`: ink that belongs to no object. `unclear-object`: an object whose size, shape or colour is in doubt.
 * `count`: not as many objects as asked for. `attributes`: the objects are not those asked for.
 * `relations`: they are, but none of the ways to name them makes every relation true.
 */
export type StrictFailure = "dirt" | "unclear-object" | "count" | "attributes" | "relations";

type ClearObject = {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly texture: Texture | null;
  readonly box: PixelBox;
};

/** Pixels: blobs below the speck size are dirt, and that much dirt in all is forgiven. */
const SPECK = 12;
const FORGIVEN_DIRT = 16;
/** Sides of a clear object in pixels, and how far from square its box may be. */
const SIDES = { least: 12, most: 32, ratio: 1.2 } as const;
/** Free pixels that two related objects must have between them along the relation's axis. */
const CLEAR_GAP = 2;

/** The verdict on one picture. Never throws for any picture. */
export function strictSuccess(prompt: PromptSpec, image: RgbImage): StrictVerdict {
  const blobs = blobsOf(image);
  const specks = blobs.filter((blob) => blob.pixels.length < SPECK);
  const dirt = specks.reduce((sum, blob) => sum + blob.pixels.length, 0);
  if (dirt > FORGIVEN_DIRT) return { success: false, reason: "dirt" };

  const bodies = blobs.filter((blob) => blob.pixels.length >= SPECK);
  const clear = bodies.map((blob) => clearObject(blob, image));
  if (clear.some((object) => object === null)) return { success: false, reason: "unclear-object" };
  const objects = clear as ClearObject[];
  if (objects.length !== prompt.objects.length) return { success: false, reason: "count" };

  const orders = matchingOrders(prompt, objects);
  if (orders.length === 0) return { success: false, reason: "attributes" };
  const related = orders.some((order) =>
    prompt.relations.every(({ a, relation, b }) => isClearly(order[a]!.box, relation, order[b]!.box)),
  );
  return related ? { success: true } : { success: false, reason: "relations" };
}

function clearObject(blob: Blob, image: RgbImage): ClearObject | null {
  const width = blob.box.x2 - blob.box.x1;
  const height = blob.box.y2 - blob.box.y1;
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  if (shorter < SIDES.least || longer > SIDES.most || longer > SIDES.ratio * shorter) return null;
  const shape = blobShape(blob, image.width);
  const colour = blobColour(blob, image);
  if (shape === null || colour === null) return null;
  return { shape, colour, texture: blobTexture(blob, image), box: blob.box };
}

/** Every order of the objects in which each is what the prompt's object at that place asks for. */
function matchingOrders(prompt: PromptSpec, objects: readonly ClearObject[]): ClearObject[][] {
  let orders: ClearObject[][] = [[]];
  for (const asked of prompt.objects) {
    const next: ClearObject[][] = [];
    for (const order of orders) {
      for (const object of objects) {
        const fits =
          (asked.shape ?? object.shape) === object.shape &&
          (asked.colour ?? object.colour) === object.colour &&
          (asked.texture === undefined || asked.texture === object.texture);
        if (fits && !order.includes(object)) next.push([...order, object]);
      }
    }
    orders = next;
  }
  return orders;
}

/** Apart along the axis, and at least as far in its direction as across it (one pixel of slack). */
function isClearly(a: PixelBox, relation: Relation, b: PixelBox): boolean {
  const right = (a.x1 + a.x2 - b.x1 - b.x2) / 2;
  const down = (a.y1 + a.y2 - b.y1 - b.y2) / 2;
  switch (relation) {
    case "left":
      return b.x1 - a.x2 >= CLEAR_GAP && -right + 1 >= Math.abs(down);
    case "right":
      return a.x1 - b.x2 >= CLEAR_GAP && right + 1 >= Math.abs(down);
    case "above":
      return b.y1 - a.y2 >= CLEAR_GAP && -down + 1 >= Math.abs(right);
    case "below":
      return a.y1 - b.y2 >= CLEAR_GAP && down + 1 >= Math.abs(right);
  }
}
