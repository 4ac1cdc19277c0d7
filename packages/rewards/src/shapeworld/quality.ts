// R_Q: is the picture cleanly drawn? It stands where GoT-R1 has HPS. Prompt and plan are not looked at.
//
// Rubric. The detected objects are drawn again on white; exp(-2 * sum of |difference| / ink), the difference being the
// channel mean over 255 and the ink the pixels of the new drawing that are not white, at least 100. 1: pixel for pixel the
// same. 0: nothing detected. It is a measurement of the picture, never a constant: dirt, frayed edges, mixed colours and
// everything the detector could not account for are differences.

import { type Detection, renderScene, type SceneObject } from "@easel/shapeworld";
import { type Measured, measured } from "../outcome.js";
import type { SampleReading } from "./reading.js";

const STEEPNESS = 2;
const LEAST_INK = 100;

/** R_Q in [0,1]. */
export function qualityReward({ sample, detections }: SampleReading): Measured {
  if (detections.length === 0) return measured(0, { difference: 0, ink: 0 });
  const drawn = renderScene({ objects: detections.map(squared) });
  const seen = sample.image.data;
  let difference = 0;
  let ink = 0;
  for (let at = 0; at < seen.length; at += 3) {
    const red = drawn.data[at]!;
    const green = drawn.data[at + 1]!;
    const blue = drawn.data[at + 2]!;
    difference +=
      Math.abs(red - seen[at]!) + Math.abs(green - seen[at + 1]!) + Math.abs(blue - seen[at + 2]!);
    if (red !== 255 || green !== 255 || blue !== 255) ink++;
  }
  difference /= 3 * 255;
  return measured(Math.exp((-STEEPNESS * difference) / Math.max(ink, LEAST_INK)), { difference, ink });
}

/** The world draws square boxes only: an oblong find is drawn by its longer side, and what that changes counts. */
function squared({ shape, colour, texture, box }: Detection): SceneObject {
  const side = Math.max(box.x2 - box.x1, box.y2 - box.y1);
  return { shape, colour, texture, box: { ...box, x2: box.x1 + side, y2: box.y1 + side } };
}
