// Draws single prompts and the scenes that obey them. Sets of prompts are prompt-set.ts; noisy examples are example.ts.
import { canonicalKey } from "./canonical-key.js";
import { type Combination, drawCombination } from "./combination.js";
import { ShapeworldError } from "./errors.js";
import { phrase } from "./phrasing.js";
import { type Placement, placeObjects } from "./placement.js";
import type { PromptSpec } from "./prompt-spec.js";
import { pick, type Random } from "./random.js";
import type { Scene } from "./scene.js";
import { splitOf } from "./split.js";
import { CATEGORIES, type Category, COLOURS, SHAPES, type Split } from "./vocabulary.js";

/** Which prompts to draw. */
export type PromptOptions = {
  /** Categories drawn from, all six by default. */
  readonly categories?: readonly Category[];
  /** 3 by default; 4 adds scenes of four objects to every category but spatial. */
  readonly maxObjects?: 3 | 4;
};

/** How often a prompt was drawn anew, by reason; nothing is ever repaired by leaving out a part. */
export type Redraws = {
  /** Combinations of another part of the split. */
  readonly split: number;
  /** Combinations that no arrangement on the canvas satisfies. */
  readonly unplaceable: number;
};

/** A prompt, an exact scene for it, and what it took to find it. */
export type DrawnPrompt = { readonly prompt: PromptSpec; readonly scene: Scene; readonly redraws: Redraws };

/**
 * A prompt of one part of the split with an exact scene, drawn until it fits.
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_BAD_OPTION` when `categories` is empty.
 */
export function drawPrompt(random: Random, split: Split, options: PromptOptions = {}): DrawnPrompt {
  const categories = options.categories ?? CATEGORIES;
  if (categories.length === 0) {
    throw new ShapeworldError(
      "EASEL_SHAPEWORLD_BAD_OPTION",
      "no category to draw prompts from: name at least one",
    );
  }
  const category = pick(random, categories);
  const redraws = { split: 0, unplaceable: 0 };
  for (;;) {
    const combination = drawCombination(random, category, options.maxObjects ?? 3);
    const key = canonicalKey(combination.objects, combination.relations);
    if (splitOf(key) !== split) {
      redraws.split += 1;
      continue;
    }
    const prompt = tell(random, combination, key, split);
    const placement = placeObjects(random, prompt.objects.length, prompt.relations);
    if (placement === null) {
      redraws.unplaceable += 1;
      continue;
    }
    return { prompt, scene: fill(random, prompt, placement), redraws };
  }
}

/**
 * An exact scene for a prompt, with fresh positions. Attributes that the prompt does not name are drawn, texture is "solid".
 *
 * @throws ShapeworldError `EASEL_SHAPEWORLD_UNPLACEABLE` when no arrangement satisfies the prompt.
 */
export function sceneOf(random: Random, prompt: PromptSpec): Scene {
  const placement = placeObjects(random, prompt.objects.length, prompt.relations);
  if (placement !== null) return fill(random, prompt, placement);
  throw new ShapeworldError(
    "EASEL_SHAPEWORLD_UNPLACEABLE",
    `no arrangement on the canvas satisfies "${prompt.text}": draw another prompt`,
  );
}

function tell(random: Random, combination: Combination, key: string, split: Split): PromptSpec {
  const { text, inverted } = phrase(random, combination);
  const relations = combination.relations.map((r, index) => ({ ...r, inverted: inverted[index] ?? false }));
  return { category: combination.category, text, objects: combination.objects, relations, key, split };
}

function fill(random: Random, prompt: PromptSpec, placement: Placement): Scene {
  const objects = prompt.objects.flatMap((spec, index) => {
    const box = placement.boxes[index];
    if (box === undefined) return [];
    const shape = spec.shape ?? pick(random, SHAPES);
    const colour = spec.colour ?? pick(random, COLOURS);
    return [{ shape, colour, texture: spec.texture ?? "solid", box } as const];
  });
  return { objects };
}
