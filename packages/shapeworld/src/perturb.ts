// Applies label noise to an exact scene: a plan, what the chain states, and a picture. Never changes the prompt.
import type { PixelBox } from "@easel/chain";
import type { StatedRelation } from "./chain-writer.js";
import type { LabelNoise } from "./label-noise.js";
import { farEnough, placeObjects } from "./placement.js";
import type { PromptSpec, RelationSpec } from "./prompt-spec.js";
import { below, chance, pick, type Random, shuffled } from "./random.js";
import { CANVAS_SIDE, CELL, type Scene, type SceneObject } from "./scene.js";
import { COLOURS, oppositeRelation, SHAPES, TEXTURES } from "./vocabulary.js";

/**
 * One thing that noise changed. `relation`, and `object` of an attribute, are indices into the prompt's lists; `object` of a
 * shift is an index into the picture's list, which may be one longer or shorter.
 */
export type Perturbation =
  | {
      readonly kind: "attribute";
      readonly object: number;
      readonly attribute: "shape" | "colour" | "texture";
    }
  | { readonly kind: "relation-ignored" | "relation-misstated"; readonly relation: number }
  | { readonly kind: "count"; readonly change: -1 | 1 }
  | { readonly kind: "shift"; readonly object: number };

/** A noisy example before it is written down. */
export type Perturbed = {
  readonly plan: Scene;
  readonly stated: readonly StatedRelation[];
  readonly picture: Scene;
  readonly perturbed: readonly Perturbation[];
};

/** Objects that a count perturbation may leave at most, so that chains keep within the length of three objects. */
const MAX_COUNT = 3;

/** Draws which perturbations happen, and applies them in a fixed order: relations, attributes, count, shift. */
export function perturb(random: Random, prompt: PromptSpec, truth: Scene, noise: LabelNoise): Perturbed {
  const perturbed: Perturbation[] = [];
  const fates = prompt.relations.map((relation) => drawFate(random, relation, noise));
  for (const [relation, fate] of fates.entries()) {
    if (fate !== "kept") perturbed.push({ kind: fate, relation });
  }
  const stated = prompt.relations.map(({ a, relation, b }, index) => ({
    a,
    relation: fates[index] === "relation-misstated" ? oppositeRelation(relation) : relation,
    b,
  }));
  const obeyed = stated.filter((_, index) => fates[index] !== "relation-ignored");
  const moved = perturbed.length === 0 ? truth : place(random, truth.objects, obeyed);
  const objects = moved.objects.map((o, i) => changeAttribute(random, prompt, o, i, noise, perturbed));
  const counted = changeCount(random, { objects }, stated, obeyed, noise.count, perturbed);
  const picture = shiftSome(random, counted.plan, noise.shift, perturbed);
  return { ...counted, picture, perturbed };
}

function drawFate(
  random: Random,
  relation: RelationSpec,
  noise: LabelNoise,
): "kept" | "relation-ignored" | "relation-misstated" {
  const inverted = chance(random, noise.invertedMislabelled) && relation.inverted;
  const misstated = chance(random, noise.relationMisstated);
  const ignored = chance(random, noise.relationIgnored);
  if (inverted || misstated) return "relation-misstated";
  return ignored ? "relation-ignored" : "kept";
}

/** The objects at fresh places. Stars of up to four objects always fit, so the old places are only a formality. */
function place(random: Random, objects: readonly SceneObject[], relations: readonly StatedRelation[]): Scene {
  const placement = placeObjects(random, objects.length, relations);
  return {
    objects: objects.map((object, index) => ({ ...object, box: placement?.boxes[index] ?? object.box })),
  };
}

function changeCount(
  random: Random,
  plan: Scene,
  stated: readonly StatedRelation[],
  obeyed: readonly StatedRelation[],
  probability: number,
  perturbed: Perturbation[],
): { readonly plan: Scene; readonly stated: readonly StatedRelation[] } {
  if (!chance(random, probability)) return { plan, stated };
  const { objects } = plan;
  const fewer = chance(random, 0.5);
  if (objects.length > 1 && (fewer || objects.length >= MAX_COUNT)) {
    perturbed.push({ kind: "count", change: -1 });
    return withoutObject(plan, stated, lastSatellite(objects.length, stated));
  }
  perturbed.push({ kind: "count", change: 1 });
  return { plan: place(random, [...objects, pick(random, objects)], obeyed), stated };
}

/** The last object that is not the one all relations share. */
function lastSatellite(count: number, relations: readonly StatedRelation[]): number {
  return relations[0]?.b === count - 1 ? count - 2 : count - 1;
}

function withoutObject(
  plan: Scene,
  relations: readonly StatedRelation[],
  gone: number,
): { readonly plan: Scene; readonly stated: readonly StatedRelation[] } {
  const renumber = (index: number): number => (index > gone ? index - 1 : index);
  return {
    plan: { objects: plan.objects.filter((_, index) => index !== gone) },
    stated: relations
      .filter((r) => r.a !== gone)
      .map((r) => ({ a: renumber(r.a), relation: r.relation, b: renumber(r.b) })),
  };
}

function changeAttribute(
  random: Random,
  prompt: PromptSpec,
  object: SceneObject,
  index: number,
  noise: LabelNoise,
  perturbed: Perturbation[],
): SceneObject {
  if (!chance(random, noise.attribute)) return object;
  const named = prompt.objects[index];
  const textured = named?.texture !== undefined;
  const attribute = (["shape", "colour", "texture"] as const)[below(random, textured ? 3 : 2)] ?? "colour";
  perturbed.push({ kind: "attribute", object: index, attribute });
  switch (attribute) {
    case "shape":
      return {
        ...object,
        shape: pick(
          random,
          SHAPES.filter((s) => s !== object.shape),
        ),
      };
    case "colour":
      return {
        ...object,
        colour: pick(
          random,
          COLOURS.filter((c) => c !== object.colour),
        ),
      };
    case "texture":
      return {
        ...object,
        texture: pick(
          random,
          TEXTURES.filter((t) => t !== object.texture),
        ),
      };
  }
}

function shiftSome(random: Random, plan: Scene, probability: number, perturbed: Perturbation[]): Scene {
  const objects = [...plan.objects];
  for (const [index, object] of plan.objects.entries()) {
    if (!chance(random, probability)) continue;
    const others = objects.filter((_, other) => other !== index).map((o) => o.box);
    const free = shuffled(random, neighbours(object.box)).find(
      (box) => insideCanvas(box) && others.every((other) => farEnough(box, other)),
    );
    if (free === undefined) continue;
    objects[index] = { ...object, box: free };
    perturbed.push({ kind: "shift", object: index });
  }
  return { objects };
}

function neighbours(box: PixelBox): PixelBox[] {
  const steps = [
    [CELL, 0],
    [-CELL, 0],
    [0, CELL],
    [0, -CELL],
  ] as const;
  return steps.map(([x, y]) => ({ x1: box.x1 + x, y1: box.y1 + y, x2: box.x2 + x, y2: box.y2 + y }));
}

function insideCanvas(box: PixelBox): boolean {
  return box.x1 >= 0 && box.y1 >= 0 && box.x2 <= CANVAS_SIDE && box.y2 <= CANVAS_SIDE;
}
