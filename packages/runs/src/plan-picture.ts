// A picture with its plan drawn into it, as a PNG for any viewer. The report draws boxes as vectors instead.
import { type ChainObject, toPixels } from "@easel/chain";
import { drawBoxes, encodePng, type RgbImage, upscale } from "@easel/shapeworld";

/**
 * The picture enlarged without smoothing, with the outlines of the planned boxes.
 *
 * @param factor how many times each pixel is repeated; 1 or more
 * @returns a PNG file
 */
export function planPicture(image: RgbImage, plan: readonly ChainObject[], factor: number): Uint8Array {
  const large = upscale(image, factor);
  const boxes = plan.flatMap(({ box }) => (box === null ? [] : [toPixels(box, large)]));
  return encodePng(drawBoxes(large, boxes, { thickness: Math.max(1, Math.round(factor / 4)) }));
}
