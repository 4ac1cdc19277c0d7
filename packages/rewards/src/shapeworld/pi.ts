// R_PI: does the picture show what the prompt asks for? The plan is not looked at. (GoT-R1 section 3.3, fig. 10)
//
// Rubric. Objects: share of named attributes under the best one-to-one match of what was detected, over the larger of
// the two counts, so surplus objects cost as much as missing ones. Relations scale it between half (all wrong) and the
// whole (all within 45 degrees). 0: nothing detected that has any attribute asked for.

import { type Measured, measured } from "../outcome.js";
import type { SampleReading } from "./reading.js";
import { relScore } from "./rel-score.js";
import { setScore } from "./set-score.js";

/** R_PI in [0,1]. */
export function promptImageReward({ sample, detections }: SampleReading): Measured {
  const objects = setScore(sample.prompt.objects, detections);
  const relations = relScore(sample.prompt, detections);
  return measured(objects * (0.5 + 0.5 * relations), { objects, relations });
}
