// Is one model better than another on the same prompts? Paired differences, for every measure and every skill, by the
// bootstrap over prompts: all images of a prompt are one cluster. What one evaluation amounts to is summarise.ts.
import { type PairedDifference, pairedBootstrap } from "@easel/grpo";
import { CATEGORIES, type Category, type Random } from "@easel/shapeworld";
import { TrainingError } from "../errors.js";
import type { EvaluatedSample } from "./evaluate.js";
import { MEASURES, type Measure, measureOf } from "./summarise.js";

/** Paired differences, after minus before, for every measure. */
export type Comparison = Readonly<Record<Measure, PairedDifference>>;

/** The same by skill, for total reward and strict success; null where no prompt is of that skill. */
export type SkillComparison = Readonly<
  Record<Category, { readonly total: PairedDifference; readonly strict: PairedDifference } | null>
>;

/** All samples of one prompt under both models. */
export type PromptPair = {
  readonly promptIndex: number;
  readonly before: readonly EvaluatedSample[];
  readonly after: readonly EvaluatedSample[];
};

/**
 * Pairs two evaluations by prompt, in the order of the prompt set.
 *
 * @throws TrainingError `EASEL_TRAINING_DIFFERENT_PROMPTS` when they are not of the same prompts
 */
export function pairByPrompt(
  before: readonly EvaluatedSample[],
  after: readonly EvaluatedSample[],
): readonly PromptPair[] {
  const [first, second] = [clusters(before), clusters(after)];
  const indices = [...new Set([...first.keys(), ...second.keys()])].sort((a, b) => a - b);
  return indices.map((promptIndex) => {
    const [mine, other] = [first.get(promptIndex) ?? [], second.get(promptIndex) ?? []];
    const [text, otherText] = [mine[0]?.prompt.text, other[0]?.prompt.text];
    if (text === undefined || text !== otherText) throw differentPrompts(promptIndex, text, otherText);
    return { promptIndex, before: mine, after: other };
  });
}

/** Paired differences over all prompts. Errors as {@link pairByPrompt}. */
export function compare(
  before: readonly EvaluatedSample[],
  after: readonly EvaluatedSample[],
  random: Random,
): Comparison {
  const pairs = pairByPrompt(before, after);
  return Object.fromEntries(
    MEASURES.map((measure) => [measure, differenceOf(pairs, measure, random)]),
  ) as Record<Measure, PairedDifference>;
}

/** Paired differences over the prompts of each skill. Errors as {@link pairByPrompt}. */
export function compareSkills(
  before: readonly EvaluatedSample[],
  after: readonly EvaluatedSample[],
  random: Random,
): SkillComparison {
  const pairs = pairByPrompt(before, after);
  return Object.fromEntries(
    CATEGORIES.map((category) => {
      const part = pairs.filter((pair) => pair.before[0]?.prompt.category === category);
      if (part.length === 0) return [category, null];
      return [
        category,
        { total: differenceOf(part, "total", random), strict: differenceOf(part, "strict", random) },
      ];
    }),
  ) as Record<Category, SkillComparison[Category]>;
}

function differenceOf(pairs: readonly PromptPair[], measure: Measure, random: Random): PairedDifference {
  const values = (samples: readonly EvaluatedSample[]): number[] =>
    samples.map((sample) => measureOf(sample, measure));
  return pairedBootstrap(
    pairs.map(({ before, after }) => ({ before: values(before), after: values(after) })),
    random,
  );
}

function clusters(samples: readonly EvaluatedSample[]): ReadonlyMap<number, readonly EvaluatedSample[]> {
  const found = new Map<number, EvaluatedSample[]>();
  for (const sample of samples) {
    const cluster = found.get(sample.promptIndex);
    if (cluster === undefined) found.set(sample.promptIndex, [sample]);
    else cluster.push(sample);
  }
  return found;
}

function differentPrompts(
  index: number,
  before: string | undefined,
  after: string | undefined,
): TrainingError {
  const said = (text: string | undefined): string => (text === undefined ? "missing" : `"${text}"`);
  return new TrainingError(
    "EASEL_TRAINING_DIFFERENT_PROMPTS",
    `Evaluations of different prompts cannot be compared: prompt ${index} is ${said(before)} in the one and ${said(after)} in the other. Measure both with the same split, number of prompts and prompt seed.`,
  );
}
