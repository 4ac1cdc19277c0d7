// Fixed sets of prompts for training, curves and final tables. A set is a function of its arguments alone.
import { type DrawnPrompt, drawPrompt, type PromptOptions, type Redraws } from "./draw-prompt.js";
import { ShapeworldError } from "./errors.js";
import type { PromptSpec } from "./prompt-spec.js";
import { type Random, randomFrom } from "./random.js";
import { CATEGORIES, type Split } from "./vocabulary.js";

/** A set with the count of prompts drawn anew, by reason; `repeated` counts combinations or texts already in the set. */
export type PromptSet = {
  readonly prompts: readonly PromptSpec[];
  readonly redraws: Redraws & { readonly repeated: number };
};

/** Draws for a combination that the set does not hold yet, before a new text of a known one will do. */
const PATIENCE = 40;

/**
 * `n` prompts of one part of the split, taking the categories in turn, so that every prefix is balanced. Combinations differ
 * while the part has new ones to offer, then texts.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_BAD_OPTION` when `n` is not a whole number from 0, or no category is given.
 */
export function promptSet(split: Split, n: number, seed: number, options: PromptOptions = {}): PromptSpec[] {
  return [...drawPromptSet(split, n, seed, options).prompts];
}

/** `promptSet` with the counts of redraws. */
export function drawPromptSet(split: Split, n: number, seed: number, options: PromptOptions = {}): PromptSet {
  if (!Number.isInteger(n) || n < 0) {
    throw new ShapeworldError(
      "EASEL_SHAPEWORLD_BAD_OPTION",
      `cannot draw ${n} prompts: pass a whole number from 0`,
    );
  }
  const random = randomFrom(`prompt set ${split} ${seed}`);
  const categories = options.categories ?? CATEGORIES;
  const seen = new Set<string>();
  const prompts: PromptSpec[] = [];
  const redraws = { split: 0, unplaceable: 0, repeated: 0 };
  while (prompts.length < n) {
    const category = categories[prompts.length % Math.max(1, categories.length)];
    const own = { ...options, categories: category === undefined ? [] : [category] };
    const drawn = drawNew(random, split, own, seen);
    redraws.repeated += drawn.length - 1;
    for (const { redraws: more } of drawn) {
      redraws.split += more.split;
      redraws.unplaceable += more.unplaceable;
    }
    const { prompt } = drawn.at(-1) as DrawnPrompt;
    seen.add(prompt.key).add(prompt.text);
    prompts.push(prompt);
  }
  return { prompts, redraws };
}

/** All draws up to the one to take, which is the last. Keys and texts cannot be confused: a text starts with a small word. */
function drawNew(
  random: Random,
  split: Split,
  options: PromptOptions,
  seen: ReadonlySet<string>,
): readonly DrawnPrompt[] {
  const drawn: DrawnPrompt[] = [];
  for (;;) {
    const next = drawPrompt(random, split, options);
    drawn.push(next);
    if (!seen.has(next.prompt.key)) return drawn;
    if (drawn.length > PATIENCE && !seen.has(next.prompt.text)) return drawn;
    if (drawn.length > 2 * PATIENCE) return drawn;
  }
}
