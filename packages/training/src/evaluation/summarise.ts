// From scored samples to the numbers that tables show: means with 95 % intervals clustered by prompt, for each reward
// and each skill. The paired comparison of two evaluations is compare.ts.
import { clusteredMean } from "@easel/grpo";
import { CATEGORIES, type Category, type Random } from "@easel/shapeworld";
import type { EvaluatedSample } from "./evaluate.js";

/** What is measured of a sample, all in [0,1]. `strict` is the share of strict successes and never a reward. */
export const MEASURES = ["total", "sem", "spa", "pi", "ri", "q", "strict"] as const;
export type Measure = (typeof MEASURES)[number];

/** A mean over prompts with its 95 % interval. */
export type Interval = { readonly mean: number; readonly low: number; readonly high: number };

/** One evaluation in numbers. */
export type EvaluationSummary = {
  readonly prompts: number;
  readonly samples: number;
  readonly measures: Readonly<Record<Measure, Interval>>;
  /** Total reward and strict success by skill. */
  readonly skills: Readonly<Record<Category, { readonly total: Interval; readonly strict: Interval }>>;
  /** Share of samples whose begin-of-image was forced at the cap. */
  readonly forcedBoi: number;
};

/** The value of one measure of one sample. */
export function measureOf(sample: EvaluatedSample, measure: Measure): number {
  return measure === "strict" ? Number(sample.score.strict) : sample.score[measure];
}

/** Values by prompt, in the order of the prompt set. */
function byPrompt(samples: readonly EvaluatedSample[], measure: Measure): readonly (readonly number[])[] {
  const prompts = new Map<number, number[]>();
  for (const sample of samples) {
    const values = prompts.get(sample.promptIndex) ?? [];
    values.push(measureOf(sample, measure));
    prompts.set(sample.promptIndex, values);
  }
  return [...prompts.values()];
}

function interval(samples: readonly EvaluatedSample[], measure: Measure, random: Random): Interval {
  if (samples.length === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  const { mean, low, high } = clusteredMean(byPrompt(samples, measure), random);
  return { mean, low, high };
}

/** Summarises one evaluation. */
export function summarise(samples: readonly EvaluatedSample[], random: Random): EvaluationSummary {
  const measures = Object.fromEntries(
    MEASURES.map((measure) => [measure, interval(samples, measure, random)]),
  ) as Record<Measure, Interval>;
  const skills = Object.fromEntries(
    CATEGORIES.map((category) => {
      const part = samples.filter((sample) => sample.prompt.category === category);
      return [category, { total: interval(part, "total", random), strict: interval(part, "strict", random) }];
    }),
  ) as EvaluationSummary["skills"];
  return {
    prompts: new Set(samples.map((sample) => sample.promptIndex)).size,
    samples: samples.length,
    measures,
    skills,
    forcedBoi: samples.filter((sample) => sample.forcedBoi).length / Math.max(samples.length, 1),
  };
}
