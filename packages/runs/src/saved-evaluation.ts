// One model's evaluation as one file, with every sample: what another model can be compared with later or elsewhere.
// The cache of evaluations is evaluation-cache.ts; comparing is for its readers.
import { readFile } from "node:fs/promises";
import type { EvaluatedSample, EvaluationSummary } from "@easel/training";
import { writeFileAtomic } from "./atomic-file.js";
import { RunsError } from "./errors.js";
import type { EvaluationKey } from "./evaluation-cache.js";
import { type PackedSamples, packSamples, unpackSamples } from "./packed-sample.js";

/** Samples drawn in one way, with everything they depend on. */
export type DrawnSamples = { readonly key: EvaluationKey; readonly samples: readonly EvaluatedSample[] };

/** One model on one prompt set. */
export type ModelEvaluation = {
  /** What the model is called where it is shown. */
  readonly name: string;
  readonly split: "dev" | "test";
  /** Seed of the prompt set. */
  readonly promptSeed: number;
  /** What true plans and pictures score after a pass through the model's codec. */
  readonly ceiling: EvaluationSummary;
  /** One entry a way of drawing. */
  readonly drawn: readonly DrawnSamples[];
};

type File = Omit<ModelEvaluation, "drawn"> & {
  readonly format: typeof format;
  readonly drawn: readonly (PackedSamples & { readonly key: EvaluationKey })[];
};

const format = "easel-evaluation-1";

/** Writes the file, whole or not at all. */
export async function writeEvaluation(path: string, { drawn, ...rest }: ModelEvaluation): Promise<void> {
  const file: File = {
    format,
    ...rest,
    drawn: drawn.map(({ key, samples }) => ({ key, ...packSamples(samples) })),
  };
  await writeFileAtomic(path, `${JSON.stringify(file)}\n`);
}

/**
 * Reads what {@link writeEvaluation} wrote.
 *
 * @throws RunsError `EASEL_RUNS_DAMAGED` when it is something else, or was changed
 */
export async function readEvaluation(path: string): Promise<ModelEvaluation> {
  const text = await readFile(path, "utf8");
  try {
    const { format: found, drawn, ...rest } = JSON.parse(text) as File;
    const unpacked = drawn.map(({ key, ...packed }) => ({ key, samples: unpackSamples(packed) }));
    const whole = unpacked.flatMap(({ key, samples }) => (samples === null ? [] : [{ key, samples }]));
    if (found === format && whole.length === drawn.length) return { ...rest, drawn: whole };
  } catch {
    // Reported below, like any other wrong content.
  }
  throw new RunsError(
    "EASEL_RUNS_DAMAGED",
    `${path} is not an evaluation that "easel eval --save" wrote, or was changed since. Measure that checkpoint again, or pass its folder.`,
  );
}

const compared = {
  prompts: "prompts (split, number or seed of the set)",
  seed: "seed of the draws",
  temperature: "temperature",
  guidanceScale: "guidance",
  textCap: "longest chain",
  samplesPerPrompt: "images per prompt",
  rewards: "versions of the rewards",
} as const satisfies Partial<Record<keyof EvaluationKey, string>>;

/**
 * Makes sure that two evaluations differ in nothing but the model. Another engine, or another number of rows drawn at once,
 * gives other draws of the same distribution and is no reason to refuse.
 *
 * @throws RunsError `EASEL_RUNS_NOT_COMPARABLE` naming what differs
 */
export function requireComparable(one: ModelEvaluation, other: ModelEvaluation): void {
  const differing = new Set<string>();
  if (one.drawn.length !== other.drawn.length)
    differing.add("temperatures, guidance scales or seeds asked for");
  for (const [index, { key }] of one.drawn.entries()) {
    const theirs = other.drawn[index]?.key;
    if (theirs === undefined) continue;
    for (const [part, name] of Object.entries(compared)) {
      const [mine, their] = [
        shown(key[part as keyof typeof compared]),
        shown(theirs[part as keyof typeof compared]),
      ];
      if (mine !== their)
        differing.add(mine.length + their.length > 24 ? name : `${name} (${mine} and ${their})`);
    }
  }
  if (differing.size === 0) return;
  throw new RunsError(
    "EASEL_RUNS_NOT_COMPARABLE",
    `${one.name} and ${other.name} were not measured alike, so a difference between them would mean nothing. They differ in: ${[...differing].join("; ")}. Measure both with the same options.`,
  );
}

function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
