// R_spa: is the layout of the planned boxes what the prompt asks for? Words and picture are not looked at.
// (GoT-R1 section 3.3, figs. 4 and 9: boxes with their names on a blank canvas)
//
// Rubric, the product of three parts. Presence: the objects asked for, by name, among the valid boxes, over the larger
// of the number asked for and the number of all boxes. Room: 1 minus twice the mean pairwise IoU of the valid boxes.
// Relations: 1 within 45 degrees of the right direction, 0 at 90 degrees and beyond.
// A box is valid with both sides from 8 to 40 px on the canvas of 64: a speck or a whole canvas places nothing.
// 0: no boxes.

import { meanPairwiseIou } from "@easel/chain";
import type { PixelBox } from "@easel/shapeworld";
import { type Measured, measured } from "../outcome.js";
import type { PlannedObject, SampleReading } from "./reading.js";
import { type PlacedObject, relScore } from "./rel-score.js";
import { setScore } from "./set-score.js";

const SMALLEST_SIDE = 8 / 64;
const LARGEST_SIDE = 40 / 64;

/** R_spa in [0,1]. */
export function spatialReward({ sample, planned }: SampleReading): Measured {
  const boxed = planned.filter((object): object is PlannedObject & { box: PixelBox } => object.box !== null);
  if (boxed.length === 0) return measured(0, { presence: 0, room: 0, relations: 0 });
  const valid: readonly PlacedObject[] = boxed.filter(({ box }) => isValid(box, sample.image));
  const presence = setScore(sample.prompt.objects, valid, boxed.length);
  const room = 1 - Math.min(1, 2 * meanPairwiseIou(valid.map((object) => object.box)));
  const relations = relScore(sample.prompt, valid);
  return measured(presence * room * relations, { presence, room, relations });
}

function isValid(box: PixelBox, canvas: { readonly width: number; readonly height: number }): boolean {
  const width = (box.x2 - box.x1) / canvas.width;
  const height = (box.y2 - box.y1) / canvas.height;
  return Math.min(width, height) >= SMALLEST_SIDE && Math.max(width, height) <= LARGEST_SIDE;
}
