// From drawn samples to the result that tables and pages show: one model alone, or two with their paired difference. Pure.
import {
  type ModelEvaluation,
  requireComparable,
  type SplitResult,
  type TemperatureResult,
  wayName,
} from "@easel/runs";
import { CATEGORIES, type Random, randomFrom } from "@easel/shapeworld";
import { compare, compareSkills, summarise } from "@easel/training";

/**
 * The result of one model, or of two. A number depends on its own samples only, not on what else was measured with them.
 *
 * @throws RunsError `EASEL_RUNS_NOT_COMPARABLE` when the two were not measured alike
 */
export function splitResult(before: ModelEvaluation, after: ModelEvaluation | null): SplitResult {
  if (after !== null) requireComparable(before, after);
  const { split, promptSeed } = before;
  const temperatures = before.drawn.map(({ key, samples }, index): TemperatureResult => {
    const { temperature, guidanceScale, seed, samplesPerPrompt } = key;
    const random = (what: string): Random => randomFrom(`measure/${promptSeed}/${wayName(key)}/${what}`);
    const others = after?.drawn[index]?.samples ?? null;
    return {
      temperature,
      guidanceScale,
      seed,
      samplesPerPrompt,
      before: summarise(samples, random("mean")),
      after: others === null ? null : summarise(others, random("mean")),
      difference: others === null ? null : compare(samples, others, random("change")),
      skillDifferences: others === null ? null : compareSkills(samples, others, random("change by skill")),
    };
  });
  const prompts = temperatures[0]?.before.prompts ?? 0;
  return { split, prompts, seed: promptSeed, ceiling: (after ?? before).ceiling, temperatures };
}

/** Fewer prompts than this say little of a skill. */
const fewPrompts = 20;

/** What a reader must know of one evaluation, or of two, beside their settings, a sentence each. */
export function notesOf(before: ModelEvaluation, after: ModelEvaluation | null): string[] {
  const texts = new Map(before.drawn[0]?.samples.map(({ prompt }) => [prompt.text, prompt.category]));
  const counts = CATEGORIES.map((skill) => [...texts.values()].filter((one) => one === skill).length);
  const fewest = Math.min(...counts);
  return [
    ...(fewest >= fewPrompts
      ? []
      : [
          `Some skill has only ${fewest} ${fewest === 1 ? "prompt" : "prompts"} here: its intervals come from resampling so few and are too narrow.`,
        ]),
    ...cutOff(before),
    ...(after === null ? [] : [...cutOff(after), ...differencesOf(before, after)]),
  ];
}

/** More chains than this without an end of their own are worth a word. */
const fewCutOff = 0.05;

/** What to know of chains that ran into the cap, where begin-of-image was put for them. */
function cutOff({ name, drawn }: ModelEvaluation): string[] {
  const shares = drawn.map(({ key, samples }) => ({
    key,
    share: samples.filter(({ forcedBoi }) => forcedBoi).length / Math.max(samples.length, 1),
  }));
  const most = shares.reduce((a, b) => (b.share > a.share ? b : a), shares[0] ?? { key: null, share: 0 });
  if (most.key === null || most.share <= fewCutOff) return [];
  return [
    `${Math.round(100 * most.share)} % of the chains of ${name} at ${wayName(most.key)} had not ended after ${most.key.textCap} tokens and were ` +
      "cut off there. If that is the limit's doing, raise --text-cap.",
  ];
}

function differencesOf(before: ModelEvaluation, after: ModelEvaluation): string[] {
  const fingerprints = (one: ModelEvaluation): string =>
    [...new Set(one.drawn.map(({ key }) => key.fingerprint))].join();
  const [mine, theirs] = [before.ceiling.measures.total.mean, after.ceiling.measures.total.mean];
  return [
    ...(fingerprints(before) === fingerprints(after)
      ? []
      : ["The two were drawn on different engines, so equal weights would not have drawn equal pictures."]),
    ...(Math.abs(mine - theirs) < 1e-9
      ? []
      : [
          `The two have different picture codecs: the ceiling is ${mine.toFixed(3)} for ${before.name} and ${theirs.toFixed(3)} for ${after.name}, and the latter is shown.`,
        ]),
  ];
}
