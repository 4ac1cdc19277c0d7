// R_RI: does the picture follow the plan? The prompt is not looked at. (GoT-R1 section 3.3, fig. 11)
//
// Rubric. Mean over the planned objects of IoU (planned box, detected box) times the share of equal attributes: colour
// and shape always, texture if the plan names one. One-to-one, by the assignment with the largest sum. A planned object
// without a box, or whose box shows nothing, is 0. A name without colour or shape cannot match it. 0: no planned object.

import { iou } from "@easel/chain";
import type { Detection } from "@easel/shapeworld";
import { type Measured, measured } from "../outcome.js";
import { bestAssignment } from "./best-assignment.js";
import type { PlannedObject, SampleReading } from "./reading.js";

/** R_RI in [0,1]. */
export function planImageReward({ planned, detections }: SampleReading): Measured {
  if (planned.length === 0) return measured(0, { planned: 0, detected: detections.length });
  const weights = planned.map((object) => detections.map((detection) => agreement(object, detection)));
  const { total } = bestAssignment(weights, detections.length);
  return measured(total / planned.length, { planned: planned.length, detected: detections.length });
}

function agreement(planned: PlannedObject, detected: Detection): number {
  if (planned.box === null) return 0;
  const attributes = planned.texture === undefined ? 2 : 3;
  let equal = 0;
  if (planned.colour === detected.colour) equal++;
  if (planned.shape === detected.shape) equal++;
  if (planned.texture !== undefined && planned.texture === detected.texture) equal++;
  return iou(planned.box, detected.box) * (equal / attributes);
}
