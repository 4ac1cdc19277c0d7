// Measures a checkpoint, and the same with a trained policy over it, on one prompt set at several temperatures, with the
// ceiling beside it. What was drawn before under equal settings comes from the cache.
import type { EngineInfo } from "@easel/engine";
import { canonicalJson, type JsonValue, sha256Hex } from "@easel/protocol";
import { SHAPEWORLD_VERSIONS } from "@easel/rewards";
import type { EvaluationCache, EvaluationKey, SplitResult, TemperatureResult } from "@easel/runs";
import { type PromptSpec, promptSet, randomFrom } from "@easel/shapeworld";
import {
  ceilingSamples,
  compare,
  createDrawing,
  type Drawing,
  type EvaluatedSample,
  evaluate,
  summarise,
} from "@easel/training";
import type { CheckpointWithPolicy } from "../model/checkpoint-with-policy.js";
import { promptBucket } from "./prompt-bucket.js";

/** What to measure and how to draw. */
export type MeasureOptions = {
  readonly split: "dev" | "test";
  readonly prompts: number;
  /** Samples of each prompt; at temperature 0 one, since all would be the same. */
  readonly samplesPerPrompt: number;
  readonly temperatures: readonly number[];
  /** Of the prompt set and of the draws. */
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
};

/** Samples at one temperature. */
export type MeasuredSamples = {
  readonly temperature: number;
  readonly before: readonly EvaluatedSample[];
  readonly after: readonly EvaluatedSample[] | null;
};

/** Measures. The policy, if there is one, stays applied to the model afterwards. */
export async function measureSplit(
  subject: CheckpointWithPolicy,
  options: MeasureOptions,
  means: MeasureMeans,
): Promise<{ readonly result: SplitResult; readonly samples: readonly MeasuredSamples[] }> {
  const prompts = promptSet(options.split, options.prompts, options.seed);
  const random = randomFrom(`measure/${options.seed}`);
  const ceiling = summarise(
    await ceilingSamples(subject.model, prompts, randomFrom(`ceiling/${options.seed}`)),
    random,
  );
  const drawings = new Map<number, Drawing>();
  const drawAll = async (policy: string | null): Promise<(readonly EvaluatedSample[])[]> => {
    const drawn: (readonly EvaluatedSample[])[] = [];
    for (const temperature of options.temperatures) {
      drawn.push(await drawCached(subject, prompts, temperature, policy, options, means, drawings));
    }
    return drawn;
  };
  try {
    const before = await drawAll(null);
    subject.apply?.();
    const after = subject.apply === null ? null : await drawAll(means.policy);
    const samples = options.temperatures.map((temperature, index) => ({
      temperature,
      before: before[index] ?? [],
      after: after?.[index] ?? null,
    }));
    const temperatures = samples.map(
      (one): TemperatureResult => ({
        temperature: one.temperature,
        samplesPerPrompt: samplesAt(one.temperature, options),
        before: summarise(one.before, random),
        after: one.after === null ? null : summarise(one.after, random),
        difference: one.after === null ? null : compare(one.before, one.after, random),
      }),
    );
    const { split, seed } = options;
    return { result: { split, prompts: prompts.length, seed, ceiling, temperatures }, samples };
  } finally {
    for (const drawing of drawings.values()) drawing.dispose();
  }
}

function samplesAt(temperature: number, options: MeasureOptions): number {
  return temperature === 0 ? 1 : options.samplesPerPrompt;
}

async function drawCached(
  { model }: CheckpointWithPolicy,
  prompts: readonly PromptSpec[],
  temperature: number,
  policy: string | null,
  options: MeasureOptions,
  means: MeasureMeans,
  drawings: Map<number, Drawing>,
): Promise<readonly EvaluatedSample[]> {
  const { seed, guidanceScale, textCap } = options;
  const samplesPerPrompt = samplesAt(temperature, options);
  const maxRows = Math.min(options.maxRows, prompts.length * samplesPerPrompt);
  const key: EvaluationKey = {
    checkpoint: means.checkpoint,
    policy,
    prompts: sha256Hex(canonicalJson(JSON.parse(JSON.stringify(prompts)) as JsonValue)),
    fingerprint: means.engine.fingerprint,
    rewards: SHAPEWORLD_VERSIONS,
    samplesPerPrompt,
    seed,
    temperature,
    guidanceScale,
    textCap,
    rows: maxRows,
  };
  const what = `${prompts.length * samplesPerPrompt} samples ${policy === null ? "of the checkpoint" : "with the policy"} at temperature ${temperature}`;
  const known = await means.cache?.get(key);
  if (known !== undefined && known !== null) {
    means.say(`${what}: from the cache`);
    return known;
  }
  const startedMs = means.nowMs();
  let drawing = drawings.get(temperature);
  if (drawing === undefined) {
    drawing = createDrawing(model, {
      maxRows,
      promptBuckets: [promptBucket(model, prompts)],
      distinctPrompts: Math.ceil(maxRows / samplesPerPrompt),
      sampling: { temperature, guidanceScale, textCap },
    });
    drawings.set(temperature, drawing);
  }
  const samples = await evaluate(drawing, prompts, { samplesPerPrompt, seed });
  means.say(`${what}: ${((means.nowMs() - startedMs) / 1000).toFixed(1)} s`);
  await means.cache?.put(key, samples);
  return samples;
}
