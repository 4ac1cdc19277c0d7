// Draws a scene, without anti-aliasing, later objects over earlier ones. Exact inverse of what detect.ts looks for.
import { blankImage, type RgbImage } from "./image.js";
import { PALETTE, secondShade } from "./palette.js";
import { CANVAS_SIDE, type Scene, type SceneObject } from "./scene.js";
import { darkAt, insideShape } from "./shape-mask.js";

/** A white 64 x 64 picture with the scene's objects; parts outside the canvas are cut off. */
export function renderScene(scene: Scene): RgbImage {
  const image = blankImage(CANVAS_SIDE, CANVAS_SIDE);
  for (const object of scene.objects) drawObject(image, object);
  return image;
}

/** Draws one object into an existing picture. The box must be square. */
export function drawObject(image: RgbImage, object: SceneObject): void {
  const { box, shape, texture } = object;
  const side = box.x2 - box.x1;
  const bright = PALETTE[object.colour];
  const dark = secondShade(object.colour);
  const right = Math.min(box.x2, image.width);
  const bottom = Math.min(box.y2, image.height);
  for (let y = Math.max(0, box.y1); y < bottom; y += 1) {
    for (let x = Math.max(0, box.x1); x < right; x += 1) {
      if (!insideShape(shape, x - box.x1, y - box.y1, side)) continue;
      const [red, green, blue] = darkAt(texture, x, y) ? dark : bright;
      const at = (y * image.width + x) * 3;
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
    }
  }
}
