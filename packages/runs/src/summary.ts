// The end of a run in numbers: summary.json. How tables and pages show it is in tables.ts and report/.
import { readFile } from "node:fs/promises";
import type { Comparison, EvaluationSummary, SkillComparison } from "@easel/training";
import { writeFileAtomic } from "./atomic-file.js";
import { RunsError } from "./errors.js";
import type { RunFolder } from "./run-folder.js";

/** One prompt set, drawn in one way, by one model or by two: before and after training, or any other two. */
export type TemperatureResult = {
  /** 0 is greedy: the likeliest token each time. */
  readonly temperature: number;
  /** Left out where it is the run's own. */
  readonly guidanceScale?: number;
  /** Seed of the draws; left out where it is that of the prompt set. Seeds are never pooled. */
  readonly seed?: number;
  readonly samplesPerPrompt: number;
  readonly before: EvaluationSummary;
  /** Null where only one model was evaluated. */
  readonly after: EvaluationSummary | null;
  readonly difference: Comparison | null;
  /** Left out in summaries of older releases. */
  readonly skillDifferences?: SkillComparison | null;
};

/** Everything measured on one split. */
export type SplitResult = {
  readonly split: "dev" | "test";
  readonly prompts: number;
  /** Seed of the prompt set, and of the draws where those do not say another. */
  readonly seed: number;
  /** True plans and pictures through the codec: no policy can be expected above it. */
  readonly ceiling: EvaluationSummary;
  /** One entry a way of drawing; a run's are temperature 1 and near-greedy, in that order. */
  readonly temperatures: readonly TemperatureResult[];
};

/** Counts by what became of them. `dropped` and `dead` are by reason. */
export type Fates = {
  readonly issued: number;
  readonly trained: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly dead: Readonly<Record<string, number>>;
  /** Issued and not settled when the run ended. */
  readonly inFlight: number;
};

/** What `summary.json` holds. */
export type RunSummary = {
  /** Version of this form. */
  readonly format: 1;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** How the run ended: `finished`, or why not, e.g. `interrupted`. */
  readonly ending: string;
  readonly engine: {
    readonly backend: string;
    readonly library: string;
    readonly version: string;
    readonly threads: number;
    readonly fingerprint: string;
  };
  /** Wall seconds; `training` is without evaluations and start-up. */
  readonly seconds: { readonly total: number; readonly training: number };
  readonly steps: number;
  readonly groups: Fates;
  readonly samples: Fates;
  /** Samples and tokens a second over `seconds.training`. */
  readonly throughput: { readonly samplesPerSecond: number; readonly tokensPerSecond: number };
  /** Digests of the weights. */
  readonly weights: { readonly before: string; readonly after: string };
  readonly results: { readonly dev: SplitResult | null; readonly test: SplitResult | null };
  /** What a reader must know about this run in particular, a sentence each. */
  readonly notes: readonly string[];
};

/** JSON has no NaN: an interval over nothing is written with nulls and comes back as NaN. */
const asNumber = (key: string, value: unknown): unknown =>
  value === null && (key === "mean" || key === "low" || key === "high") ? Number.NaN : value;

/** Writes `summary.json`, whole or not at all. */
export async function writeSummary(folder: RunFolder, summary: RunSummary): Promise<void> {
  await writeFileAtomic(folder.summary, `${JSON.stringify(summary, null, 2)}\n`);
}

/**
 * Reads `summary.json`; null while there is none.
 *
 * @throws RunsError `EASEL_RUNS_DAMAGED` when it is not what {@link writeSummary} writes
 */
export async function readSummary(folder: RunFolder): Promise<RunSummary | null> {
  let text: string;
  try {
    text = await readFile(folder.summary, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const value = JSON.parse(text, asNumber) as Partial<RunSummary> | null;
    if (value?.format === 1 && value.results !== undefined && value.engine !== undefined) {
      return value as RunSummary;
    }
  } catch {
    // Reported below, like any other wrong content.
  }
  throw new RunsError(
    "EASEL_RUNS_DAMAGED",
    `${folder.summary} is not a summary of format 1. Restore it, or delete the file: the rest of the run stays readable.`,
  );
}
