// Draws what a prompt is about: objects and relations of a category. English comes later, in phrasing.ts.
import type { ObjectSpec } from "./prompt-spec.js";
import { below, chance, pick, type Random, shuffled } from "./random.js";
import {
  type Category,
  COLOURS,
  type Colour,
  RELATIONS,
  type Relation,
  SHAPES,
  type Shape,
} from "./vocabulary.js";

/** Named attributes of an object as every prompt of this world gives them: colour and shape always. */
export type NamedKind = ObjectSpec & { readonly shape: Shape; readonly colour: Colour };

/**
 * A combination. Relations are a star: each holds between one satellite and the hub, the hub being `b`
 * (`objects[a]` is `relation` `objects[b]`).
 */
export type Combination = {
  readonly category: Category;
  readonly objects: readonly NamedKind[];
  readonly relations: readonly { readonly a: number; readonly relation: Relation; readonly b: number }[];
};

/** A combination of up to `maxObjects` objects. Repeats are possible; splits are not looked at. */
export function drawCombination(random: Random, category: Category, maxObjects: 3 | 4): Combination {
  switch (category) {
    case "colour":
      return { category, objects: colourBinding(random, maxObjects), relations: [] };
    case "shape":
      return { category, objects: shapeBinding(random, maxObjects), relations: [] };
    case "texture":
      return { category, objects: textureBinding(random, maxObjects), relations: [] };
    case "counting":
      return { category, objects: counted(random, maxObjects), relations: [] };
    case "spatial":
      return star(random, category, distinctKinds(random, 2));
    case "complex":
      return star(random, category, complexKinds(random, maxObjects));
  }
}

function colourBinding(random: Random, maxObjects: 3 | 4): NamedKind[] {
  const count = bindingCount(random, maxObjects, 0.1);
  return shuffled(random, COLOURS)
    .slice(0, count)
    .map((colour) => ({ colour, shape: pick(random, SHAPES) }));
}

function shapeBinding(random: Random, maxObjects: 3 | 4): NamedKind[] {
  const count = bindingCount(random, maxObjects, 0);
  const shared = chance(random, 0.4) ? pick(random, COLOURS) : null;
  return shuffled(random, SHAPES)
    .slice(0, count)
    .map((shape) => ({ colour: shared ?? pick(random, COLOURS), shape }));
}

function textureBinding(random: Random, maxObjects: 3 | 4): NamedKind[] {
  const kinds = distinctKinds(random, bindingCount(random, maxObjects, 0.15));
  const first = below(random, kinds.length);
  // At least one object has a texture; the others are plain once in four times.
  return kinds.map((kind, index) =>
    index !== first && chance(random, 0.25) ? kind : { ...kind, texture: drawTexture(random) },
  );
}

function counted(random: Random, maxObjects: 3 | 4): NamedKind[] {
  const [kind, other] = distinctKinds(random, 2) as [NamedKind, NamedKind];
  const total = maxObjects === 4 && chance(random, 0.5) ? 4 : 2 + below(random, 2);
  if (total === 2 || chance(random, 0.4)) return Array<NamedKind>(total).fill(kind);
  const first = total === 4 && chance(random, 0.5) ? 2 : total - 1;
  const groups = [Array<NamedKind>(first).fill(kind), Array<NamedKind>(total - first).fill(other)];
  return (chance(random, 0.5) ? groups : groups.reverse()).flat();
}

function complexKinds(random: Random, maxObjects: 3 | 4): NamedKind[] {
  const kinds = distinctKinds(random, maxObjects === 4 && chance(random, 0.5) ? 4 : 3);
  if (chance(random, 0.5)) return kinds;
  const textured = below(random, kinds.length);
  return kinds.map((kind, index) => (index === textured ? { ...kind, texture: drawTexture(random) } : kind));
}

function star(random: Random, category: Category, objects: readonly NamedKind[]): Combination {
  const hub = below(random, objects.length);
  const satellites = objects.flatMap((_, index) => (index === hub ? [] : [index]));
  return {
    category,
    objects,
    relations: satellites.map((a) => ({ a, relation: pick(random, RELATIONS), b: hub })),
  };
}

function bindingCount(random: Random, maxObjects: 3 | 4, single: number): number {
  if (maxObjects === 4 && chance(random, 0.5)) return 4;
  const draw = random.next();
  if (draw < single) return 1;
  return draw < single + (1 - single) * 0.72 ? 2 : 3;
}

function distinctKinds(random: Random, count: number): NamedKind[] {
  const kinds = COLOURS.flatMap((colour) => SHAPES.map((shape) => ({ colour, shape })));
  return shuffled(random, kinds).slice(0, count);
}

function drawTexture(random: Random): "striped" | "dotted" {
  return chance(random, 0.5) ? "striped" : "dotted";
}
