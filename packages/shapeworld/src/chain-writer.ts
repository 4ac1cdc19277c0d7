// Writes the GoT chain of a planned scene: named boxes and the relations in words. Always the same words for the same plan.
import { BEGIN_OF_IMAGE, formatObject, fromPixels } from "@easel/chain";
import { article, noun } from "./english.js";
import { ShapeworldError } from "./errors.js";
import type { ObjectSpec } from "./prompt-spec.js";
import { CANVAS_SIDE, type Scene, type SceneObject } from "./scene.js";
import type { Relation } from "./vocabulary.js";

/** A relation that a chain states. */
export type StatedRelation = { readonly a: number; readonly relation: Relation; readonly b: number };

/** How a chain words a relation before the name of the other object. */
export const CHAIN_RELATIONS: Readonly<Record<Relation, string>> = {
  left: "left of",
  right: "right of",
  above: "above",
  below: "below",
};

/** What a plan calls an object: every attribute but "solid". */
export function nameOf(object: SceneObject): string {
  return noun(describe(object));
}

/** The attributes of a drawn object as a prompt would name them. */
export function describe(object: SceneObject): ObjectSpec {
  const { shape, colour, texture } = object;
  return texture === "solid" ? { shape, colour } : { shape, colour, texture };
}

/**
 * The chain of a plan, ending with `<begin_of_image>`: `A <o>red circle<e> <b>(125,250),(375,500)<e> left of a ...`,
 * further objects as `, a ... above it`, and `and a ...` where nothing is stated ("it" is the object that all
 * relations of the star share).
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_UNTELLABLE_RELATION` when two relations do not share the hub.
 */
export function writeChain(plan: Scene, relations: readonly StatedRelation[]): string {
  const hub = hubOf(relations);
  const told = new Set<number>();
  let text = "";
  const name = (index: number): void => {
    const object = plan.objects[index];
    if (object === undefined) throw untellable(relations);
    const words = nameOf(object);
    const a = article(words);
    text += `${text === "" ? a.replace("a", "A") : ` ${a}`} `;
    text += formatObject(words, fromPixels(object.box, { width: CANVAS_SIDE, height: CANVAS_SIDE }));
    told.add(index);
  };
  for (const [index, { a, relation, b }] of relations.entries()) {
    if (b !== hub || told.has(a)) throw untellable(relations);
    if (index > 0) text += ",";
    name(a);
    text += ` ${CHAIN_RELATIONS[relation]}`;
    if (index === 0) name(b);
    else text += " it";
  }
  for (const index of plan.objects.keys()) {
    if (told.has(index)) continue;
    if (text !== "") text += " and";
    name(index);
  }
  return `${text}${BEGIN_OF_IMAGE}`;
}

function hubOf(relations: readonly StatedRelation[]): number {
  return relations[0]?.b ?? -1;
}

function untellable(relations: readonly StatedRelation[]): ShapeworldError {
  const all = relations.map((r) => `${r.a} ${r.relation} ${r.b}`).join(", ");
  return new ShapeworldError(
    "EASEL_SHAPEWORLD_UNTELLABLE_RELATION",
    `relations (${all}) cannot be told in one chain: let all of them end at the same object and start at different ones`,
  );
}
