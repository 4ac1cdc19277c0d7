// Which pictures a comparison shows: for each prompt those of both models, image by image, with the change of their mean.
import { type EvaluatedSample, type PromptPair, pairByPrompt } from "@easel/training";
import { type SampleOrigin, type StoredSample, storedSample } from "../sample-record.js";

/** One prompt under two models; the same place in both lists means the same seed of the draw. */
export type ComparedPrompt = {
  readonly promptIndex: number;
  readonly prompt: string;
  readonly skill: string;
  readonly before: readonly StoredSample[];
  readonly after: readonly StoredSample[];
  /** Mean total after minus before, in [-1,1]. */
  readonly change: number;
};

/** The prompts of one way of drawing that fit. */
export type ComparedPrompts = {
  /** What tells this way of drawing from the others. */
  readonly name: string;
  readonly shown: readonly ComparedPrompt[];
  /** Over all prompts, shown or not. */
  readonly counts: { readonly better: number; readonly worse: number; readonly same: number };
};

/** A prompt whose mean total changes by less than this counts as the same: picture quality alone differs by as much. */
export const sameWithin = 0.05;

/**
 * Pairs two evaluations for show. Prompts come in the order of their set, in which every prefix holds all skills alike, so
 * that a page that is cut off still shows an unchosen selection.
 *
 * @param maxBytes pictures beyond this many bytes of PNG are left out, whole prompts at a time; the first always stays
 * @throws TrainingError `EASEL_TRAINING_DIFFERENT_PROMPTS`
 */
export function comparedPrompts(
  name: string,
  before: readonly EvaluatedSample[],
  after: readonly EvaluatedSample[],
  origin: Omit<SampleOrigin, "phase">,
  maxBytes: number,
): ComparedPrompts {
  const pairs = pairByPrompt(before, after);
  const changes = pairs.map((pair) => meanTotal(pair.after) - meanTotal(pair.before));
  const shown: ComparedPrompt[] = [];
  let bytes = 0;
  for (const [index, pair] of pairs.entries()) {
    const one = comparedPrompt(pair, changes[index] ?? 0, origin);
    bytes += [...one.before, ...one.after].reduce((sum, { png }) => sum + png.length, 0);
    if (bytes > maxBytes && shown.length > 0) break;
    shown.push(one);
  }
  const count = (isCounted: (change: number) => boolean): number => changes.filter(isCounted).length;
  return {
    name,
    shown,
    counts: {
      better: count((change) => change > sameWithin),
      worse: count((change) => change < -sameWithin),
      same: count((change) => Math.abs(change) <= sameWithin),
    },
  };
}

function comparedPrompt(
  { promptIndex, before, after }: PromptPair,
  change: number,
  origin: Omit<SampleOrigin, "phase">,
): ComparedPrompt {
  const stored = (samples: readonly EvaluatedSample[], phase: string): StoredSample[] =>
    samples.map((sample, index) => storedSample(sample, index, { ...origin, phase }));
  const prompt = before[0]?.prompt;
  return {
    promptIndex,
    prompt: prompt?.text ?? "",
    skill: prompt?.category ?? "",
    before: stored(before, "before"),
    after: stored(after, "after"),
    change,
  };
}

function meanTotal(samples: readonly EvaluatedSample[]): number {
  return samples.reduce((sum, { score }) => sum + score.total, 0) / samples.length;
}
