// metrics.jsonl: one JSON record a line, only ever appended to. What the learner measured, for curves and reports.
import { type FileHandle, open, readFile } from "node:fs/promises";
import type { RewardName } from "@easel/rewards";
import type { Category } from "@easel/shapeworld";
import type { Interval, Measure } from "@easel/training";

/** One update. Fields that a run does not measure are left out. */
export type StepRecord = {
  readonly kind: "step";
  /** Number of the step it made; the first is 1. */
  readonly step: number;
  readonly atMs: number;
  /** Wall ms of the learner so far, over all its starts. */
  readonly elapsedMs?: number;
  readonly epoch?: number;
  /** Means over the batch's samples, in [0,1]. */
  readonly rewards: Readonly<Partial<Record<RewardName | "total", number>>>;
  /** Mean total of the batch's samples by skill. */
  readonly skills?: Readonly<Partial<Record<Category, number>>>;
  readonly loss?: number;
  /** Mean k3 to the reference policy, nats a token. */
  readonly kl?: number;
  readonly textEntropy?: number;
  readonly imageEntropy?: number;
  readonly clippedLow?: number;
  readonly clippedHigh?: number;
  readonly textMismatch?: number;
  readonly imageMismatch?: number;
  readonly gradientNorm?: number;
  readonly learningRate?: number;
  /** Weight versions the batch lagged behind, mean. */
  readonly staleness?: number;
  /** Groups and samples in the batch, counted tokens. */
  readonly groups?: number;
  readonly samples?: number;
  readonly tokens?: number;
  /** Drawn by all workers since the previous step. */
  readonly samplesPerSecond?: number;
  readonly tokensPerSecond?: number;
  /** Wall ms of named parts of the step. */
  readonly spansMs?: Readonly<Record<string, number>>;
};

/** One evaluation during the run. */
export type EvaluationRecord = {
  readonly kind: "evaluation";
  /** Steps done; 0 is before training. */
  readonly step: number;
  readonly atMs: number;
  /** Wall ms of the learner so far, over all its starts. */
  readonly elapsedMs?: number;
  /** How long it took. */
  readonly seconds?: number;
  readonly split: "dev" | "test";
  readonly temperature: number;
  readonly measures: Readonly<Partial<Record<Measure, Interval>>>;
  readonly skills?: Readonly<
    Partial<Record<Category, { readonly total: Interval; readonly strict: Interval }>>
  >;
};

/** Something a reader of the curves should know, such as a restarted process. */
export type NoticeRecord = {
  readonly kind: "notice";
  readonly step: number;
  readonly atMs: number;
  readonly text: string;
};

export type MetricsRecord = StepRecord | EvaluationRecord | NoticeRecord;

/** A log open for appending. */
export type MetricsLog = {
  /** Appends one record; calls keep their order. */
  append(record: MetricsRecord): Promise<void>;
  close(): Promise<void>;
};

/** What a log holds. */
export type ReadMetrics = {
  readonly records: readonly MetricsRecord[];
  /** Lines before the last that are no records: the file was changed by something else. */
  readonly unreadable: number;
  /** The last line is incomplete: its writer was killed. */
  readonly torn: boolean;
};

/** Opens a log, making it if absent. A torn last line is closed off, so that what follows stays readable. */
export async function openMetricsLog(path: string): Promise<MetricsLog> {
  const file = await open(path, "a+");
  if (!(await endsWithNewline(file))) await file.appendFile("\n");
  let last: Promise<void> = Promise.resolve();
  return {
    append(record) {
      const write = (): Promise<void> => file.appendFile(`${JSON.stringify(record)}\n`);
      // A failed write is its caller's to hear of; the next one is tried all the same.
      last = last.then(write, write);
      return last;
    },
    async close() {
      await last.catch(() => undefined);
      await file.close();
    },
  };
}

async function endsWithNewline(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 10;
}

/** Reads a log; an absent one is empty. */
export async function readMetrics(path: string): Promise<ReadMetrics> {
  try {
    return parseMetrics(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return { records: [], unreadable: 0, torn: false };
    throw error;
  }
}

/** The records in a log's text. Tolerant: a line that is no record is counted, and a last one without its end is torn. */
export function parseMetrics(text: string): ReadMetrics {
  const lines = text.split("\n");
  const tail = lines.pop() ?? "";
  const records: MetricsRecord[] = [];
  let unreadable = 0;
  for (const line of lines) {
    if (line === "") continue;
    const record = recordOf(line);
    if (record === null) unreadable += 1;
    else records.push(record);
  }
  const last = tail === "" ? null : recordOf(tail);
  if (last !== null) records.push(last);
  return { records, unreadable, torn: tail !== "" && last === null };
}

function recordOf(line: string): MetricsRecord | null {
  try {
    const value = JSON.parse(line) as (Partial<MetricsRecord> & OtherForms) | null;
    const known = value?.kind === "step" || value?.kind === "evaluation" || value?.kind === "notice";
    if (!known || !Number.isFinite(value.step)) return null;
    if (value.kind === "step" && typeof value.rewards !== "object") return null;
    if (value.kind === "evaluation" && typeof value.measures !== "object") return null;
    return completed(value as MetricsRecord & OtherForms);
  } catch {
    return null;
  }
}

/** What the learner writes in a shorter form. */
type OtherForms = { readonly rewardMean?: number | null };

/** The total under the name it has elsewhere; evaluations are of dev at temperature 1 and may give means alone. */
function completed(record: MetricsRecord & OtherForms): MetricsRecord {
  if (record.kind === "step") {
    const { rewardMean, ...step } = record;
    if (typeof rewardMean !== "number") return step;
    return { ...step, rewards: { total: rewardMean, ...step.rewards } };
  }
  if (record.kind === "notice") return record;
  const measures: Readonly<Record<string, Interval | number>> = record.measures;
  const intervals = Object.entries(measures).map(([name, value]) => [
    name,
    typeof value === "number" ? { mean: value, low: Number.NaN, high: Number.NaN } : value,
  ]);
  return {
    ...record,
    split: record.split ?? "dev",
    temperature: record.temperature ?? 1,
    measures: Object.fromEntries(intervals) as EvaluationRecord["measures"],
  };
}

/**
 * The steps in order, each once: a step that a restarted learner made again counts as it was made last, and steps of an
 * abandoned lineage beyond it are left out.
 */
export function stepsOf(records: readonly MetricsRecord[]): StepRecord[] {
  const kept: StepRecord[] = [];
  for (const record of records) {
    if (record.kind !== "step") continue;
    while ((kept.at(-1)?.step ?? 0) >= record.step) kept.pop();
    kept.push(record);
  }
  return kept;
}

/** The evaluations of one split at one temperature in order of steps, each step once. */
export function evaluationsOf(
  records: readonly MetricsRecord[],
  split: EvaluationRecord["split"],
  temperature: number,
): EvaluationRecord[] {
  const byStep = new Map<number, EvaluationRecord>();
  for (const record of records) {
    if (record.kind !== "evaluation" || record.split !== split || record.temperature !== temperature)
      continue;
    byStep.set(record.step, record);
  }
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}
