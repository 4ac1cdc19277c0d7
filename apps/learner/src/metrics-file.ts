// metrics.jsonl of a run: a line for each step and each evaluation. A step that was made again after a crash has a second line, marked
// `replayed`; readers take the last one of a step.
import { join } from "node:path";
import type { Category } from "@easel/shapeworld";
import type { EvaluationSummary, Interval, UpdateMetrics } from "@easel/training";
import { appendWhole } from "./durable-file.js";

export type StepMetrics = UpdateMetrics & {
  readonly kind: "step";
  readonly step: number;
  readonly epoch: number;
  readonly atMs: number;
  readonly elapsedMs: number;
  readonly learningRate: number;
  readonly replayed: boolean;
  /** Mean total reward of the batch, [0,1]; null when every total is missing. */
  readonly rewardMean: number | null;
  /** Mean of each named reward. */
  readonly rewards: Readonly<Record<string, number | null>>;
  /** Mean total reward of the batch's samples by skill. */
  readonly skills: Readonly<Partial<Record<Category, number>>>;
  readonly groups: number;
  readonly samples: number;
  readonly sampledTokens: number;
  readonly samplesPerSecond: number | null;
  readonly tokensPerSecond: number | null;
  /** Mean weight versions that the groups lagged behind. */
  readonly staleness: number;
  readonly tiedGroups: number;
  readonly missingRewards: number;
  /** Share of samples whose begin-of-image was forced. */
  readonly forcedBoi: number;
  /** Groups closed without training so far, in this start, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  readonly waitMs: number;
  readonly updateMs: number;
  /** The same two, for readers that draw every named part. */
  readonly spansMs: Readonly<Record<string, number>>;
};

export type EvaluationMetrics = {
  readonly kind: "evaluation";
  readonly step: number;
  readonly atMs: number;
  readonly elapsedMs: number;
  readonly seconds: number;
  readonly split: "dev";
  readonly temperature: number;
  /** With intervals over prompts where they are known. */
  readonly measures: Readonly<Record<string, number | Interval>>;
  readonly skills?: EvaluationSummary["skills"];
};

/** Something that a reader of the curves should know. */
export type NoticeMetrics = {
  readonly kind: "notice";
  readonly step: number;
  readonly atMs: number;
  readonly text: string;
};

export async function appendMetrics(
  folder: string,
  metrics: StepMetrics | EvaluationMetrics | NoticeMetrics,
): Promise<void> {
  await appendWhole(join(folder, "metrics.jsonl"), `${JSON.stringify(metrics)}\n`);
}

/** Mean of the numbers that are there; null when none is. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}
