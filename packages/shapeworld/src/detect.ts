// Finds the objects in a picture: colour, shape, texture, box. Works on any picture and never throws.
import type { PixelBox } from "@easel/chain";
import { COLOUR_TABLE, colourIndexOf, isDark, WHITE } from "./colour-table.js";
import { type Component, connectedComponents } from "./components.js";
import type { RgbImage } from "./image.js";
import { largeEnough, separateColours, separateTouching } from "./separate.js";
import { darkAt } from "./shape-mask.js";
import { bestShape } from "./shape-templates.js";
import { COLOURS, type Colour, type Shape, TEXTURES, type Texture } from "./vocabulary.js";

/** One found object. */
export type Detection = {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly texture: Texture;
  /** Tight box in pixels, `x2` and `y2` exclusive. */
  readonly box: PixelBox;
  /** Pixels of the object. */
  readonly area: number;
  /** IoU of its form with the best shape, in `[0,1]`; 1 for a clean render. */
  readonly fit: number;
};

/** Pictures with more pixels than this are refused (an empty list): the world's pictures have 4,096. */
const MAX_PIXELS = 1 << 22;

/**
 * The objects in a picture, top row first. A picture whose data does not match its size, or that shows nothing,
 * gives an empty list.
 */
export function detect(image: RgbImage): Detection[] {
  const { width, height, data } = image;
  const pixels = width * height;
  const sound = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!sound || pixels > MAX_PIXELS || data.length < pixels * 3) return [];
  const classes = new Uint8Array(pixels);
  for (let at = 0, byte = 0; at < pixels; at += 1, byte += 3) {
    const red = (data[byte] as number) >> 3;
    const green = (data[byte + 1] as number) >> 3;
    const blue = (data[byte + 2] as number) >> 3;
    classes[at] = COLOUR_TABLE[(red << 10) | (green << 5) | blue] ?? WHITE;
  }
  return connectedComponents(classes.slice(), width, height)
    .filter(largeEnough)
    .flatMap((region) => {
      const parts = separateColours(region, classes, width, height);
      // A part that others touch may be half hidden: its odd form is no reason to cut it.
      return parts.length > 1 ? parts : separateTouching(region, width);
    })
    .map((region) => recognise(region, classes, width));
}

function recognise(region: Component, classes: Uint8Array, width: number): Detection {
  const { shape, fit } = bestShape(region, width);
  return {
    shape,
    colour: majorityColour(region, classes),
    texture: nearestTexture(region, classes, width),
    box: region.box,
    area: region.pixels.length,
    fit,
  };
}

function majorityColour(region: Component, classes: Uint8Array): Colour {
  const counts = new Int32Array(COLOURS.length);
  for (const at of region.pixels) {
    const index = colourIndexOf(classes[at] as number);
    counts[index] = (counts[index] as number) + 1;
  }
  let best = 0;
  for (const [index, count] of counts.entries()) {
    if (count > (counts[best] as number)) best = index;
  }
  return COLOURS[best] as Colour;
}

function nearestTexture(region: Component, classes: Uint8Array, width: number): Texture {
  const disagreements = new Int32Array(TEXTURES.length);
  for (const at of region.pixels) {
    const x = at % width;
    const y = (at - x) / width;
    const dark = isDark(classes[at] as number);
    for (const [index, texture] of TEXTURES.entries()) {
      if (darkAt(texture, x, y) !== dark) disagreements[index] = (disagreements[index] as number) + 1;
    }
  }
  let best = 0;
  for (const [index, count] of disagreements.entries()) {
    if (count < (disagreements[best] as number)) best = index;
  }
  return TEXTURES[best] as Texture;
}
