// One key for all ways to tell the same combination. The split hashes it; nothing else should parse it.
import type { ObjectSpec, RelationSpec } from "./prompt-spec.js";
import { oppositeRelation, type Relation } from "./vocabulary.js";

type Edge = { readonly a: number; readonly relation: Relation; readonly b: number };

/**
 * Key of a combination: the same for every order of the objects, for "A left of B" and "B right of A", and for every phrasing
 * and category. Objects are labelled and the smallest text over all orders is taken, which is exact for the
 * few objects of a scene.
 */
export function canonicalKey(
  objects: readonly ObjectSpec[],
  relations: readonly Pick<RelationSpec, "a" | "relation" | "b">[],
): string {
  const labels = objects.map(objectLabel);
  const edges = relations.map(towardsLeftOrAbove);
  const sorted = [...labels].sort();
  const head = sorted.join(" + ");
  if (edges.length === 0) return head;
  let best: string | null = null;
  for (const order of ordersThatSort(labels, sorted)) {
    const tail = edges
      .map((e) => `${order[e.a]} ${e.relation} ${order[e.b]}`)
      .sort()
      .join(", ");
    if (best === null || tail < best) best = tail;
  }
  return `${head} : ${best}`;
}

/** An object's attributes in one order, without what is not named. */
export function objectLabel(object: ObjectSpec): string {
  return [object.texture, object.colour, object.shape].filter((word) => word !== undefined).join(" ");
}

function towardsLeftOrAbove(edge: Edge): Edge {
  if (edge.relation === "left" || edge.relation === "above") return edge;
  return { a: edge.b, relation: oppositeRelation(edge.relation), b: edge.a };
}

/** All assignments object -> place with `sorted[place] === labels[object]`; more than one only where labels repeat. */
function ordersThatSort(labels: readonly string[], sorted: readonly string[]): number[][] {
  let partial: number[][] = [[]];
  for (const label of labels) {
    partial = partial.flatMap((places) =>
      sorted.flatMap((other, place) =>
        other === label && !places.includes(place) ? [[...places, place]] : [],
      ),
    );
  }
  return partial;
}
