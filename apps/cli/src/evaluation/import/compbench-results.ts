// Reads what T2I-CompBench's scripts write: `vqa_result.json` with an answer a picture, or the text file with the mean
// alone (blip_vqa_score.txt, avg_score.txt, score_avg.txt, vqa_score.txt, avg_result.txt, score.txt).
import type { RandomSource } from "@easel/grpo";
import { type ImportedScore, meanOfPrompts, resultFault } from "./imported-score.js";

/** What is known of the pictures besides the file. */
export type CompBenchContext = {
  readonly category: string;
  readonly file: string;
  /** Pictures of each prompt, in a row; null where it is not known. */
  readonly perPrompt: number | null;
};

/** What the scripts take where nobody says otherwise. */
const USUAL_PER_PROMPT = 10;

const means = [
  /^BLIP-VQA score:(\S+)$/,
  /^score avg:(\S+)$/,
  /^avg score is (\S+)$/,
  /^total:\S+ num:(?<images>\d+) avg:(\S+)$/,
];

/** Whether a text looks like one of the files with the mean alone. */
export function isMeanText(content: string): boolean {
  return means.some((pattern) => pattern.test(content.trim()));
}

function checked(value: number, file: string, what: string): number {
  if (Number.isFinite(value) && value >= -1 && value <= 1) return value;
  throw resultFault(file, `${what} is ${value}, and scores lie between 0 and 1. Run the script again.`);
}

/**
 * The score of a file with the mean alone.
 *
 * @throws CliError `EASEL_CLI_RESULTS`
 */
export function compBenchMean(content: string, { category, file }: CompBenchContext): ImportedScore {
  const found = means.map((pattern) => pattern.exec(content.trim())).find((match) => match !== null);
  const images = found?.groups?.images;
  return {
    benchmark: "t2i-compbench",
    category,
    mean: checked(Number(found?.at(-1)), file, "the mean"),
    interval: null,
    images: images === undefined ? null : Number(images),
    prompts: null,
    file,
  };
}

type Answer = { readonly id: number; readonly score: number };

function answersOf(content: string, file: string): readonly Answer[] {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw resultFault(file, "the file is not JSON. Copy it again; it may be cut off.");
  }
  if (!Array.isArray(value) || value.length === 0) {
    throw resultFault(file, "the file has no answers in it. Run the script again.");
  }
  const seen = new Set<number>();
  return value.map((one: unknown, index) => {
    const { question_id: id, answer } = (one ?? {}) as Readonly<Record<string, unknown>>;
    // BLIP_vqa.py writes numbers as text.
    const score = typeof answer === "string" && answer.trim() !== "" ? Number(answer) : answer;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0 || typeof score !== "number") {
      throw resultFault(
        file,
        `entry ${index + 1} has no question_id and answer. Pass a vqa_result.json of T2I-CompBench.`,
      );
    }
    if (seen.has(id)) throw resultFault(file, `question_id ${id} is there twice. Run the script again.`);
    seen.add(id);
    return { id, score: checked(score, file, `the answer to ${id}`) };
  });
}

/**
 * The score of a `vqa_result.json`. Pictures are numbered through, those of a prompt in a row.
 *
 * @throws CliError `EASEL_CLI_RESULTS`
 */
export function compBenchScore(
  content: string,
  { category, file, perPrompt }: CompBenchContext,
  random: RandomSource,
): ImportedScore {
  const answers = answersOf(content, file);
  const size = perPrompt ?? (answers.length % USUAL_PER_PROMPT === 0 ? USUAL_PER_PROMPT : null);
  const prompts = new Map<number, number[]>();
  for (const { id, score } of answers) {
    const prompt = size === null ? 0 : Math.floor(id / size);
    const values = prompts.get(prompt) ?? [];
    values.push(score);
    prompts.set(prompt, values);
  }
  const summary = meanOfPrompts([...prompts.values()], random);
  return {
    benchmark: "t2i-compbench",
    category,
    ...summary,
    prompts: size === null ? null : summary.prompts,
    file,
  };
}
