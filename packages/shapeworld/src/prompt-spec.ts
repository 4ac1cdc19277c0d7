// A prompt with its meaning. Plain JSON values only, so that it can travel in messages.
import type { Category, Colour, Relation, Shape, Split, Texture } from "./vocabulary.js";

/** What a prompt (or a phrase of a chain) says of one object: only the attributes that are named. */
export type ObjectSpec = {
  readonly shape?: Shape;
  readonly colour?: Colour;
  /** Absent for a plain object: "solid" is never named. */
  readonly texture?: Exclude<Texture, "solid">;
};

/** `objects[a]` is `relation` `objects[b]`. */
export type RelationSpec = {
  readonly a: number;
  readonly relation: Relation;
  readonly b: number;
  /** True when the text names `b` before `a` ("left of B there is A"). */
  readonly inverted: boolean;
};

/** One prompt. Counted objects appear in `objects` once each. */
export type PromptSpec = {
  readonly category: Category;
  readonly text: string;
  readonly objects: readonly ObjectSpec[];
  readonly relations: readonly RelationSpec[];
  /** Canonical key of the combination: equal for every phrasing, order and side it can be told from. */
  readonly key: string;
  readonly split: Split;
};
