// The primitives of the world: what an object can be and how objects can stand to each other. No English, no pixels.

/** Shapes, drawn inside a square box. */
export const SHAPES = ["circle", "square", "triangle", "cross"] as const;
/** Colours; RGB values are in palette.ts. */
export const COLOURS = ["red", "orange", "yellow", "green", "blue", "purple"] as const;
/** Textures; "solid" is the plain one and is never written in a prompt or a chain. */
export const TEXTURES = ["solid", "striped", "dotted"] as const;
/** 2D relations, read as "A is RELATION B". */
export const RELATIONS = ["left", "right", "above", "below"] as const;
/** The compositional skills of T2I-CompBench that the world covers. */
export const CATEGORIES = ["colour", "shape", "texture", "spatial", "counting", "complex"] as const;
/** The parts of the split; see split.ts. */
export const SPLITS = ["train", "dev", "test"] as const;

export type Shape = (typeof SHAPES)[number];
export type Colour = (typeof COLOURS)[number];
export type Texture = (typeof TEXTURES)[number];
export type Relation = (typeof RELATIONS)[number];
export type Category = (typeof CATEGORIES)[number];
export type Split = (typeof SPLITS)[number];

const OPPOSITES: Readonly<Record<Relation, Relation>> = {
  left: "right",
  right: "left",
  above: "below",
  below: "above",
};

/** The relation that B has to A when A has `relation` to B. */
export function oppositeRelation(relation: Relation): Relation {
  return OPPOSITES[relation];
}
