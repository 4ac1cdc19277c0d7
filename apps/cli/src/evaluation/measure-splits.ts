// Measures a checkpoint, and the same with a trained policy over it, on prompt sets at several temperatures, with the
// ceiling beside each. What was drawn before under equal settings comes from the cache.
import type { EngineInfo } from "@easel/engine";
import { canonicalJson, type JsonValue, sha256Hex } from "@easel/protocol";
import { SHAPEWORLD_VERSIONS, STRICT_VERSION } from "@easel/rewards";
import type { EvaluationCache, EvaluationKey, SplitResult, TemperatureResult } from "@easel/runs";
import { type PromptSpec, promptSet, randomFrom } from "@easel/shapeworld";
import {
  ceilingSamples,
  compare,
  createDrawing,
  type Drawing,
  type EvaluatedSample,
  evaluate,
  promptBucket,
  summarise,
} from "@easel/training";
import type { CheckpointWithPolicy } from "../model/checkpoint-with-policy.js";

/** One prompt set. */
export type SplitToMeasure = {
  readonly split: "dev" | "test";
  readonly prompts: number;
  /** Samples of each prompt; at temperature 0 one, since all would be the same. */
  readonly samplesPerPrompt: number;
};

/** How to draw. */
export type MeasureOptions = {
  readonly temperatures: readonly number[];
  /** Of the prompt sets and of the draws. */
  readonly seed: number;
  readonly guidanceScale: number;
  readonly textCap: number;
  /** Rows drawn in lock-step. */
  readonly maxRows: number;
};

/** Who measures. */
export type MeasureMeans = {
  readonly engine: EngineInfo;
  /** Digests of the files. */
  readonly checkpoint: string;
  readonly policy: string | null;
  /** Null draws everything anew. */
  readonly cache: EvaluationCache | null;
  readonly say: (line: string) => void;
  /** A clock in ms. */
  readonly nowMs: () => number;
  /** Aborted when nobody waits for the result any more. */
  readonly signal?: AbortSignal;
};

/** Samples at one temperature. */
export type MeasuredSamples = {
  readonly temperature: number;
  readonly before: readonly EvaluatedSample[];
  readonly after: readonly EvaluatedSample[] | null;
};

/** One measured prompt set. */
export type MeasuredSplit = { readonly result: SplitResult; readonly samples: readonly MeasuredSamples[] };

type PromptsOfSplit = SplitToMeasure & { readonly specs: readonly PromptSpec[] };

/**
 * Measures all splits before the policy and then all with it, so that one compiled sampler a temperature serves them all.
 * The policy, if there is one, stays applied to the model afterwards.
 */
export async function measureSplits(
  subject: CheckpointWithPolicy,
  splits: readonly SplitToMeasure[],
  options: MeasureOptions,
  means: MeasureMeans,
): Promise<MeasuredSplit[]> {
  const sets = splits.map((one) => ({
    ...one,
    specs: promptSet(one.split, one.prompts, options.seed),
  }));
  const drawings = lazyDrawings(subject, sets, options);
  try {
    const before = await drawAll(sets, null, options, means, drawings);
    subject.apply?.();
    const after = subject.apply === null ? null : await drawAll(sets, means.policy, options, means, drawings);
    const measured: MeasuredSplit[] = [];
    for (const [index, set] of sets.entries()) {
      const samples = options.temperatures.map((temperature, at) => ({
        temperature,
        before: before[index]?.[at] ?? [],
        after: after?.[index]?.[at] ?? null,
      }));
      measured.push({ result: await resultOf(subject, set, samples, options), samples });
    }
    return measured;
  } finally {
    drawings.dispose();
  }
}

async function resultOf(
  { model }: CheckpointWithPolicy,
  { split, specs, samplesPerPrompt }: PromptsOfSplit,
  samples: readonly MeasuredSamples[],
  { seed }: MeasureOptions,
): Promise<SplitResult> {
  const random = randomFrom(`measure/${seed}`);
  const ceiling = summarise(await ceilingSamples(model, specs, randomFrom(`ceiling/${seed}`)), random);
  const temperatures = samples.map(
    ({ temperature, before, after }): TemperatureResult => ({
      temperature,
      samplesPerPrompt: samplesAt(temperature, samplesPerPrompt),
      before: summarise(before, random),
      after: after === null ? null : summarise(after, random),
      difference: after === null ? null : compare(before, after, random),
    }),
  );
  return { split, prompts: specs.length, seed, ceiling, temperatures };
}

function samplesAt(temperature: number, samplesPerPrompt: number): number {
  return temperature === 0 ? 1 : samplesPerPrompt;
}

type Drawings = { at(temperature: number): Drawing; rows(): number; dispose(): void };

/** One drawing a temperature, made when it is first needed and not known from the cache. */
function lazyDrawings(
  { model }: CheckpointWithPolicy,
  sets: readonly PromptsOfSplit[],
  { guidanceScale, textCap, maxRows }: MeasureOptions,
): Drawings {
  const made = new Map<number, Drawing>();
  const most = Math.max(...sets.map(({ specs, samplesPerPrompt }) => specs.length * samplesPerPrompt));
  const rows = Math.max(1, Math.min(maxRows, most));
  return {
    rows: () => rows,
    at(temperature) {
      const known = made.get(temperature);
      if (known !== undefined) return known;
      const drawing = createDrawing(model, {
        maxRows: rows,
        promptBuckets: [
          promptBucket(
            model,
            sets.flatMap(({ specs }) => specs),
          ),
        ],
        distinctPrompts: rows,
        sampling: { temperature, guidanceScale, textCap },
      });
      made.set(temperature, drawing);
      return drawing;
    },
    dispose() {
      for (const drawing of made.values()) drawing.dispose();
    },
  };
}

/** Samples of each split at each temperature. */
async function drawAll(
  sets: readonly PromptsOfSplit[],
  policy: string | null,
  options: MeasureOptions,
  means: MeasureMeans,
  drawings: Drawings,
): Promise<(readonly EvaluatedSample[])[][]> {
  const all: (readonly EvaluatedSample[])[][] = [];
  for (const set of sets) {
    const ofSet: (readonly EvaluatedSample[])[] = [];
    for (const temperature of options.temperatures) {
      ofSet.push(await drawCached(set, temperature, policy, options, means, drawings));
    }
    all.push(ofSet);
  }
  return all;
}

async function drawCached(
  { split, specs, samplesPerPrompt: wanted }: PromptsOfSplit,
  temperature: number,
  policy: string | null,
  { seed, guidanceScale, textCap }: MeasureOptions,
  means: MeasureMeans,
  drawings: Drawings,
): Promise<readonly EvaluatedSample[]> {
  const samplesPerPrompt = samplesAt(temperature, wanted);
  const key: EvaluationKey = {
    checkpoint: means.checkpoint,
    policy,
    prompts: sha256Hex(canonicalJson(JSON.parse(JSON.stringify(specs)) as JsonValue)),
    fingerprint: means.engine.fingerprint,
    rewards: { ...SHAPEWORLD_VERSIONS, strict: STRICT_VERSION },
    samplesPerPrompt,
    seed,
    temperature,
    guidanceScale,
    textCap,
    rows: drawings.rows(),
  };
  const whose = policy === null ? "of the checkpoint" : "with the policy";
  const what = `${split}: ${specs.length * samplesPerPrompt} samples ${whose} at temperature ${temperature}`;
  const known = await means.cache?.get(key);
  if (known !== undefined && known !== null) {
    means.say(`${what}: from the cache`);
    return known;
  }
  const startedMs = means.nowMs();
  const samples = await evaluate(drawings.at(temperature), specs, { samplesPerPrompt, seed }, means.signal);
  means.say(`${what}: ${((means.nowMs() - startedMs) / 1000).toFixed(1)} s`);
  await means.cache?.put(key, samples);
  return samples;
}
