// Reads `results.jsonl` of GenEval's evaluate_images.py: a line a picture, right or wrong. Computes what its
// summary_scores.py prints: the share of right pictures by task, and the mean over the tasks.
import type { RandomSource } from "@easel/grpo";
import { type ImportedScore, meanOfPrompts, resultFault } from "./imported-score.js";

/** GenEval's tasks; the overall score is the mean of the six. */
export const genEvalTasks = [
  "single_object",
  "two_object",
  "counting",
  "colors",
  "position",
  "color_attr",
] as const;

type Line = { readonly tag: string; readonly prompt: string; readonly correct: boolean };

const RESAMPLES = 2000;

function lineOf(text: string, file: string, number: number, seen: Set<string>): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw resultFault(file, `line ${number} is not JSON. Copy the file again; its last line may be cut off.`);
  }
  const { tag, metadata, prompt, correct, filename } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof tag !== "string" || typeof correct !== "boolean" || typeof filename !== "string") {
    throw resultFault(
      file,
      `line ${number} has no filename, tag and correct. Pass the results.jsonl that GenEval's evaluate_images.py wrote.`,
    );
  }
  if (!genEvalTasks.some((task) => task === tag)) {
    throw resultFault(file, `line ${number} is of the task "${tag}", which GenEval does not have.`);
  }
  if (seen.has(filename)) {
    throw resultFault(file, `line ${number} has the picture ${filename} a second time. Score each once.`);
  }
  seen.add(filename);
  // As summary_scores.py groups them; two lines of the list may share their words.
  return { tag, prompt: String(metadata ?? prompt), correct };
}

function byPrompt(lines: readonly Line[]): readonly (readonly number[])[] {
  const prompts = new Map<string, number[]>();
  for (const { prompt, correct } of lines) {
    const values = prompts.get(prompt) ?? [];
    values.push(Number(correct));
    prompts.set(prompt, values);
  }
  return [...prompts.values()];
}

/** 95 % interval of the mean over tasks, prompts resampled within each. */
function overallInterval(tasks: readonly (readonly (readonly number[])[])[], random: RandomSource) {
  const means = tasks.map((prompts) =>
    prompts.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
  );
  const resampled = Float64Array.from({ length: RESAMPLES }, () => {
    let total = 0;
    for (const task of means) {
      let sum = 0;
      for (let n = 0; n < task.length; n += 1) sum += task[Math.floor(random.next() * task.length)] ?? 0;
      total += sum / task.length;
    }
    return total / means.length;
  }).sort();
  const at = (share: number): number => resampled[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}

/**
 * The scores of one file: one a task that it has, and the overall one where it has all six.
 *
 * @throws CliError `EASEL_CLI_RESULTS`
 */
export function genEvalScores(content: string, file: string, random: RandomSource): readonly ImportedScore[] {
  const seen = new Set<string>();
  const lines = content
    .split("\n")
    .flatMap((text, index) => (text.trim() === "" ? [] : [lineOf(text, file, index + 1, seen)]));
  if (lines.length === 0) throw resultFault(file, "the file has no line. Run GenEval's evaluate_images.py.");
  const tasks = genEvalTasks.flatMap((task) => {
    const prompts = byPrompt(lines.filter(({ tag }) => tag === task));
    return prompts.length === 0 ? [] : [{ task, prompts }];
  });
  const scores = tasks.map(
    ({ task, prompts }): ImportedScore => ({
      benchmark: "geneval",
      category: task,
      ...meanOfPrompts(prompts, random),
      file,
    }),
  );
  if (scores.length < genEvalTasks.length) return scores;
  const overall: ImportedScore = {
    benchmark: "geneval",
    category: "overall",
    mean: scores.reduce((sum, { mean }) => sum + mean, 0) / scores.length,
    interval: overallInterval(
      tasks.map(({ prompts }) => prompts),
      random,
    ),
    images: lines.length,
    prompts: tasks.reduce((sum, { prompts }) => sum + prompts.length, 0),
    file,
  };
  return [overall, ...scores];
}
