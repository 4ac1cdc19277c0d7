// Turns small pictures into ones for people: enlarged, with boxes, side by side. No text; see the contact sheet script.
import type { PixelBox } from "@easel/chain";
import { ShapeworldError } from "./errors.js";
import { blankImage, type RgbImage } from "./image.js";
import type { Rgb } from "./palette.js";
import { checkImage } from "./png.js";

/** Outline colours that differ from the world's own, taken in turn. */
const OUTLINES: readonly Rgb[] = [
  [230, 0, 130],
  [0, 150, 150],
  [110, 70, 30],
  [60, 60, 60],
];

/**
 * The picture with each pixel repeated `factor` times in both directions.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_BAD_OPTION` when `factor` is not a whole number from 1, `..._BAD_IMAGE` for bad data.
 */
export function upscale(image: RgbImage, factor: number): RgbImage {
  checkImage(image);
  if (!Number.isInteger(factor) || factor < 1) {
    throw new ShapeworldError(
      "EASEL_SHAPEWORLD_BAD_OPTION",
      `cannot enlarge ${factor} times: pass a whole number from 1`,
    );
  }
  const width = image.width * factor;
  const height = image.height * factor;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x += 1) {
      const from = (row + Math.floor(x / factor)) * 3;
      const to = (y * width + x) * 3;
      data[to] = image.data[from] as number;
      data[to + 1] = image.data[from + 1] as number;
      data[to + 2] = image.data[from + 2] as number;
    }
  }
  return { width, height, data };
}

/**
 * A copy with the outlines of boxes, `thickness` pixels wide and inside the box. Boxes are in pixels of this picture; what
 * lies outside is cut off. Enlarge first for outlines that do not hide the objects.
 */
export function drawBoxes(
  image: RgbImage,
  boxes: readonly PixelBox[],
  options: { readonly colours?: readonly Rgb[]; readonly thickness?: number } = {},
): RgbImage {
  checkImage(image);
  const colours = options.colours === undefined || options.colours.length === 0 ? OUTLINES : options.colours;
  const thickness = options.thickness ?? 1;
  const copy: RgbImage = { ...image, data: image.data.slice() };
  for (const [index, box] of boxes.entries()) {
    const colour = colours[index % colours.length] as Rgb;
    const { x1, y1, x2, y2 } = box;
    fillRectangle(copy, { x1, y1, x2, y2: y1 + thickness }, colour);
    fillRectangle(copy, { x1, y1: y2 - thickness, x2, y2 }, colour);
    fillRectangle(copy, { x1, y1, x2: x1 + thickness, y2 }, colour);
    fillRectangle(copy, { x1: x2 - thickness, y1, x2, y2 }, colour);
  }
  return copy;
}

/** Pictures laid out in rows of `columns`, each in a field as large as the largest, `gap` white pixels around them. */
export function contactSheet(images: readonly RgbImage[], columns: number, gap = 4): RgbImage {
  const width = Math.max(1, ...images.map((i) => i.width)) + gap;
  const height = Math.max(1, ...images.map((i) => i.height)) + gap;
  const rows = Math.max(1, Math.ceil(images.length / columns));
  const sheet = blankImage(columns * width + gap, rows * height + gap);
  for (const [index, image] of images.entries()) {
    pasteImage(sheet, image, gap + (index % columns) * width, gap + Math.floor(index / columns) * height);
  }
  return sheet;
}

function pasteImage(onto: RgbImage, image: RgbImage, left: number, top: number): void {
  for (let y = 0; y < image.height; y += 1) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
    onto.data.set(row, ((top + y) * onto.width + left) * 3);
  }
}

function fillRectangle(image: RgbImage, box: PixelBox, colour: Rgb): void {
  const right = Math.min(image.width, box.x2);
  const bottom = Math.min(image.height, box.y2);
  for (let y = Math.max(0, box.y1); y < bottom; y += 1) {
    for (let x = Math.max(0, box.x1); x < right; x += 1) image.data.set(colour, (y * image.width + x) * 3);
  }
}
