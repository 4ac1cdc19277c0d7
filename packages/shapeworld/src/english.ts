// English building blocks of prompts: nouns, articles, numbers, relation phrases. Whole sentences are in phrasing.ts.
import type { ObjectSpec } from "./prompt-spec.js";
import type { Relation, Shape } from "./vocabulary.js";

/** Phrases that stand between A and B: "A left of B". */
export const BETWEEN: Readonly<Record<Relation, readonly string[]>> = {
  left: ["left of", "to the left of", "on the left of"],
  right: ["right of", "to the right of", "on the right of"],
  above: ["above", "over"],
  below: ["below", "under", "beneath"],
};

/** Phrases that follow A when B was named before: "B with A to its left". */
export const BESIDE_IT: Readonly<Record<Relation, readonly string[]>> = {
  left: ["to its left", "on its left"],
  right: ["to its right", "on its right"],
  above: ["above it", "over it"],
  below: ["below it", "under it"],
};

/** Number words by number. */
export const NUMBERS: Readonly<Record<number, string>> = { 1: "one", 2: "two", 3: "three", 4: "four" };

/** Openings that fit before any noun phrase; the empty one is drawn most. */
export const OPENINGS: readonly string[] = ["", "", "", "a picture of", "an image of", "draw", "show"];

/** Plural of a shape. */
export function plural(shape: Shape): string {
  return shape === "cross" ? "crosses" : `${shape}s`;
}

/** Words of an object without article: "striped red circle". */
export function noun(object: ObjectSpec): string {
  return [object.texture, object.colour, object.shape].filter((word) => word !== undefined).join(" ");
}

/** "a" or "an" for the words that follow. */
export function article(words: string): "a" | "an" {
  return /^[aeiou]/.test(words) ? "an" : "a";
}

/** An object with its article: "an orange cross". */
export function withArticle(object: ObjectSpec): string {
  const words = noun(object);
  return `${article(words)} ${words}`;
}

/** An object named again: "the red circle", without its texture. */
export function again(object: ObjectSpec): string {
  return `the ${object.colour} ${object.shape}`;
}
