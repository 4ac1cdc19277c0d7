// How well a set of found objects is the set that a prompt asks for. Where they stand is rel-score.ts.

import type { ObjectSpec } from "@easel/shapeworld";
import { bestAssignment } from "./best-assignment.js";

/** Attributes of a found or planned object; "solid" may stand for no texture. */
export type FoundObject = {
  readonly shape?: string | undefined;
  readonly colour?: string | undefined;
  readonly texture?: string | undefined;
};

/** Share of the attributes named by `required` that `found` has, [0,1]. Attributes that are not named do not count. */
export function matchFraction(required: ObjectSpec, found: FoundObject): number {
  let named = 0;
  let equal = 0;
  for (const attribute of ["shape", "colour", "texture"] as const) {
    if (required[attribute] === undefined) continue;
    named++;
    if (required[attribute] === found[attribute]) equal++;
  }
  return named === 0 ? 1 : equal / named;
}

/** `[required][found]` match fractions. */
export function matchTable(required: readonly ObjectSpec[], found: readonly FoundObject[]): number[][] {
  return required.map((spec) => found.map((object) => matchFraction(spec, object)));
}

/**
 * Sum of match fractions under the best one-to-one assignment, divided by the larger of the two counts: 1 only for
 * exactly the objects asked for, less for missing, wrong and surplus ones.
 *
 * @param counted how many objects were found in all, if more than those that may be assigned
 */
export function setScore(
  required: readonly ObjectSpec[],
  found: readonly FoundObject[],
  counted: number = found.length,
): number {
  const larger = Math.max(required.length, counted);
  return larger === 0 ? 1 : bestAssignment(matchTable(required, found), found.length).total / larger;
}
