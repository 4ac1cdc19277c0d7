// A picture with its plan drawn into it, as a PNG for any viewer: boxes with the names of what they are for. The report draws
// both as vectors instead.
import { type ChainObject, type PixelBox, toPixels } from "@easel/chain";
import { drawBoxes, encodePng, type Rgb, type RgbImage, upscale } from "@easel/shapeworld";
import { textDots } from "./letters.js";

/** In turn; none of the world's own colours, all dark enough for white letters. */
const colours: readonly Rgb[] = [
  [194, 0, 110],
  [0, 122, 122],
  [107, 68, 35],
  [58, 58, 58],
  [75, 59, 196],
];
const white: Rgb = [255, 255, 255];

const colourOf = (index: number): Rgb => colours[index % colours.length] ?? white;

/** Pixels a dot of a letter, and a line, has on a picture of this width. */
const dotSize = (width: number): number => Math.max(1, Math.floor(width / 200));
const lineWidth = (width: number): number => Math.max(1, Math.round(width / 200));

/**
 * The picture enlarged without smoothing, with the outlines of the planned boxes, each with a white line inside for dark
 * pictures, and the object's name on a bar at the box's top left corner.
 *
 * @param factor how many times each pixel is repeated; 1 or more
 * @returns a PNG file
 */
export function planPicture(image: RgbImage, plan: readonly ChainObject[], factor: number): Uint8Array {
  const large = upscale(image, factor);
  const placed = plan.flatMap(({ name, box }) => (box === null ? [] : [{ name, box: toPixels(box, large) }]));
  const thickness = lineWidth(large.width);
  const inner = placed.map(({ box }) => shrunk(box, thickness));
  const outer = placed.map(({ box }) => box);
  const lined = drawBoxes(large, inner, { colours: [white], thickness: Math.ceil(thickness / 2) });
  const outlined = drawBoxes(lined, outer, { colours, thickness });
  for (const [index, { name, box }] of placed.entries()) writeName(outlined, name, box, colourOf(index));
  return encodePng(outlined);
}

function shrunk({ x1, y1, x2, y2 }: PixelBox, by: number): PixelBox {
  return { x1: x1 + by, y1: y1 + by, x2: x2 - by, y2: y2 - by };
}

/** Writes onto the picture, inside it wherever the box is; of a name that is wider the end is cut off. */
function writeName(image: RgbImage, name: string, box: PixelBox, colour: Rgb): void {
  const dot = dotSize(image.width);
  // No name is wider than the picture, so a longer one need not be laid out.
  const letters = [...name].slice(0, Math.ceil(image.width / dot / 6)).join("");
  const { dots, width, height } = textDots(letters);
  if (width === 0) return;
  const [barWidth, barHeight] = [(width + 2) * dot, (height + 2) * dot];
  const left = Math.max(0, Math.min(Math.floor(box.x1), image.width - barWidth));
  const top = Math.max(0, Math.min(Math.floor(box.y1), image.height - barHeight));
  paint(image, left, top, barWidth, barHeight, colour);
  for (const { x, y } of dots) paint(image, left + (x + 1) * dot, top + (y + 1) * dot, dot, dot, white);
}

/** Fills a rectangle; what lies outside the picture is cut off. */
function paint(image: RgbImage, left: number, top: number, width: number, height: number, colour: Rgb): void {
  for (let y = top; y < Math.min(top + height, image.height); y += 1) {
    for (let x = left; x < Math.min(left + width, image.width); x += 1) {
      image.data.set(colour, (y * image.width + x) * 3);
    }
  }
}
