// R_sem: does the plan, read without its boxes, say what the prompt says? (GoT-R1 section 3.3, fig. 8)
//
// Rubric. 1: exactly the objects asked for, with every named attribute, every relation stated, no grammar fault.
// Objects: share of named attributes under the best one-to-one match, over the larger of the two counts.
// Relations: between half (none stated) and the whole of that; the inverse form counts ("B right of A" for "A left of B"),
// a relation whose opposite is stated too does not. Each grammar fault, a forced begin-of-image included: times 0.8.
// 0: no objects named as objects, whatever words are there.

import { type ObjectSpec, oppositeRelation, type PromptSpec, type ReadRelation } from "@easel/shapeworld";
import { type Measured, measured } from "../outcome.js";
import type { SampleReading } from "./reading.js";
import { matchFraction, setScore } from "./set-score.js";

const FAULT_FACTOR = 0.8;

/** R_sem in [0,1]. */
export function semanticReward({ sample, planned, stated, faults }: SampleReading): Measured {
  const objects = setScore(sample.prompt.objects, planned);
  const relations = statedShare(sample.prompt, stated);
  const grammar = FAULT_FACTOR ** faults;
  return measured(objects * (0.5 + 0.5 * relations) * grammar, { objects, relations, grammar });
}

/** Share of the prompt's relations that the words state, [0,1]; 1 if the prompt has none. */
export function statedShare(prompt: PromptSpec, stated: readonly ReadRelation[]): number {
  if (prompt.relations.length === 0) return 1;
  let sum = 0;
  for (const { a, relation, b } of prompt.relations) {
    const left = prompt.objects[a];
    const right = prompt.objects[b];
    if (left === undefined || right === undefined) continue;
    const opposite = oppositeRelation(relation);
    const supported = Math.max(
      support(stated, left, relation, right),
      support(stated, right, opposite, left),
    );
    const denied = Math.max(support(stated, left, opposite, right), support(stated, right, relation, left));
    // Only a denial that names both objects in full is one: a neighbour that shares a colour says nothing of this relation.
    if (denied < 1) sum += supported;
  }
  return sum / prompt.relations.length;
}

/** The best match of "a is RELATION b" among the stated relations: the worse of its two objects' match fractions. */
function support(
  stated: readonly ReadRelation[],
  a: ObjectSpec,
  relation: ReadRelation["relation"],
  b: ObjectSpec,
): number {
  let best = 0;
  for (const candidate of stated) {
    if (candidate.relation !== relation) continue;
    best = Math.max(best, Math.min(matchFraction(a, candidate.a), matchFraction(b, candidate.b)));
  }
  return best;
}
