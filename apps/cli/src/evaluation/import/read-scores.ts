// One result file of any kind to scores; says what can be read where it is none of them.
import type { RandomSource } from "@easel/grpo";
import { compBenchMean, compBenchScore, isMeanText } from "./compbench-results.js";
import type { FoundResult } from "./find-results.js";
import { genEvalScores } from "./geneval-results.js";
import { type ImportedScore, resultFault } from "./imported-score.js";

/**
 * The scores in a file.
 *
 * @throws CliError `EASEL_CLI_RESULTS`
 */
export function scoresOf(found: FoundResult, random: RandomSource): readonly ImportedScore[] {
  const { file, content, category, perPrompt } = found;
  const start = content.trimStart().charAt(0);
  if (start === "{") return genEvalScores(content, file, random);
  if (start !== "[" && !isMeanText(content)) {
    throw resultFault(
      file,
      "this is no result file that is known. GenEval writes results.jsonl; T2I-CompBench vqa_result.json, " +
        "blip_vqa_score.txt, avg_score.txt, score_avg.txt, vqa_score.txt, avg_result.txt and score.txt.",
    );
  }
  if (category === null) {
    throw resultFault(
      file,
      `nothing says which category of T2I-CompBench this is of. Write e.g. color=${file}.`,
    );
  }
  const context = { category, file, perPrompt };
  return [start === "[" ? compBenchScore(content, context, random) : compBenchMean(content, context)];
}

/**
 * Refuses two scores of one category: nobody could tell which is meant.
 *
 * @throws CliError `EASEL_CLI_RESULTS`
 */
export function checkDistinct(scores: readonly ImportedScore[]): void {
  const seen = new Map<string, string>();
  for (const { benchmark, category, file } of scores) {
    const key = `${benchmark}/${category}`;
    const other = seen.get(key);
    if (other !== undefined) throw resultFault(file, `${category} is in ${other} as well. Pass one of them.`);
    seen.set(key, file);
  }
}
