// One score of a category, as every kind of result file is turned into. Its interval resamples prompts. Pure.
import { clusteredMean, type RandomSource } from "@easel/grpo";
import { CliError } from "../../errors.js";
import type { Benchmark } from "./published-rows.js";

/** A score with what is known of how it came about. */
export type ImportedScore = {
  readonly benchmark: Benchmark;
  /** The benchmark's own name: a column of the published rows, or a category that the papers leave out. */
  readonly category: string;
  readonly mean: number;
  /** 95 %; null where the file has no result for each picture. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Pictures and prompts; null where the file does not say. */
  readonly images: number | null;
  readonly prompts: number | null;
  readonly file: string;
};

/** Something is wrong with a result file. */
export function resultFault(file: string, problem: string): CliError {
  return new CliError("EASEL_CLI_RESULTS", `${file}: ${problem}`);
}

/** Mean over all pictures, as the benchmarks' scripts take it, with the interval over prompts. */
export function meanOfPrompts(
  prompts: readonly (readonly number[])[],
  random: RandomSource,
): Pick<ImportedScore, "mean" | "interval" | "images" | "prompts"> {
  const all = prompts.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  // One prompt says nothing of how prompts differ.
  const interval = prompts.length < 2 ? null : clusteredMean(prompts, random);
  return {
    mean,
    interval: interval === null ? null : { low: interval.low, high: interval.high },
    images: all.length,
    prompts: prompts.length,
  };
}
