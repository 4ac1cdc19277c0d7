// Draws prompt sets with one model after the other, in several ways, with the ceiling of each. What was drawn before under
// equal settings comes from the cache. What the samples amount to is split-result.ts.
import type { EngineInfo } from "@easel/engine";
import { canonicalJson, type JsonValue, sha256Hex } from "@easel/protocol";
import { SHAPEWORLD_VERSIONS, STRICT_VERSION } from "@easel/rewards";
import {
  type DrawnSamples,
  type EvaluationCache,
  type EvaluationKey,
  type ModelEvaluation,
  wayName,
} from "@easel/runs";
import { type PromptSpec, promptSet, randomFrom } from "@easel/shapeworld";
import {
  ceilingSamples,
  createDrawing,
  type Drawing,
  evaluate,
  promptBucket,
  summarise,
  type WeightStorage,
} from "@easel/training";
import { type CheckpointWithPolicy, loadWithPolicy } from "../model/checkpoint-with-policy.js";
import { type DrawWay, samplesAt } from "./draw-ways.js";
import { identityOf, type ModelIdentity, type ModelUnderTest } from "./model-under-test.js";

/** One prompt set. */
export type SplitToMeasure = {
  readonly split: "dev" | "test";
  readonly prompts: number;
  /** Samples of each prompt, except where all would be the same. */
  readonly samplesPerPrompt: number;
};

/** How to draw. */
export type MeasureOptions = {
  readonly ways: readonly DrawWay[];
  /** Of the prompt sets. */
  readonly promptSeed: number;
  readonly textCap: number;
  /** Rows drawn in lock-step. */
  readonly maxRows: number;
  /** In memory; changes no sample. float32 when left out. */
  readonly weights?: WeightStorage;
};

/** Who measures. */
export type MeasureMeans = {
  readonly engine: EngineInfo;
  /** Null draws everything anew. */
  readonly cache: EvaluationCache | null;
  readonly say: (line: string) => void;
  /** A clock in ms. */
  readonly nowMs: () => number;
  /** Aborted when nobody waits for the result any more. */
  readonly signal?: AbortSignal;
};

type PromptsOfSplit = SplitToMeasure & { readonly specs: readonly PromptSpec[] };

/**
 * Measures each model on each split. A model that is followed by a policy over the same checkpoint shares with it weights
 * and compiled samplers; others are loaded one at a time.
 *
 * @returns by model, then by split; all of the same prompts from the same seeds
 */
export async function measureModels(
  models: readonly ModelUnderTest[],
  splits: readonly SplitToMeasure[],
  options: MeasureOptions,
  means: MeasureMeans,
): Promise<ModelEvaluation[][]> {
  const sets = splits.map((one) => ({
    ...one,
    specs: promptSet(one.split, one.prompts, options.promptSeed),
  }));
  // All of them before anything is drawn: a wrong path is found at once.
  const identities = new Map<ModelUnderTest, ModelIdentity>();
  for (const model of models) identities.set(model, await identityOf(model));
  const measured: ModelEvaluation[][] = [];
  for (const [first, ...rest] of sharing(models)) {
    if (first === undefined) continue;
    const over = rest[0] ?? first;
    const subject = await loadWithPolicy(first.checkpoint, over.policyFile ?? undefined, over.alpha, {
      ...(options.weights === undefined ? {} : { weights: options.weights }),
    });
    const drawings = lazyDrawings(subject, sets, options);
    try {
      const ceilings = await ceilingsOf(subject, sets, options);
      for (const model of [first, ...rest]) {
        if (model.policyFile !== null) subject.apply?.();
        const identity = identities.get(model) ?? (await identityOf(model));
        measured.push(await drawSets(model.name, identity, sets, ceilings, options, means, drawings));
      }
    } finally {
      drawings.dispose();
      for (const weight of Object.values(subject.model.params.weights)) weight.dispose();
    }
  }
  return measured;
}

/** What the samples of one split will depend on: known before anything is drawn. */
export function evaluationKeys(
  { split, prompts, samplesPerPrompt }: SplitToMeasure,
  options: MeasureOptions,
  identity: ModelIdentity,
  engine: EngineInfo,
): readonly EvaluationKey[] {
  const specs = promptSet(split, prompts, options.promptSeed);
  const rows = rowsFor([{ split, prompts, samplesPerPrompt, specs }], options);
  return keysOf({ split, prompts, samplesPerPrompt, specs }, identity, options, engine, rows);
}

/** Models in order, a checkpoint together with the policy over it that follows. */
function sharing(models: readonly ModelUnderTest[]): readonly (readonly ModelUnderTest[])[] {
  const groups: ModelUnderTest[][] = [];
  for (const model of models) {
    const last = groups.at(-1);
    const [base] = last ?? [];
    const shares =
      last?.length === 1 &&
      base?.policyFile === null &&
      model.policyFile !== null &&
      base.checkpoint === model.checkpoint;
    if (shares) last?.push(model);
    else groups.push([model]);
  }
  return groups;
}

async function ceilingsOf(
  { model }: CheckpointWithPolicy,
  sets: readonly PromptsOfSplit[],
  { promptSeed }: MeasureOptions,
): Promise<ModelEvaluation["ceiling"][]> {
  const ceilings: ModelEvaluation["ceiling"][] = [];
  for (const { specs } of sets) {
    const samples = await ceilingSamples(model, specs, randomFrom(`ceiling/${promptSeed}`));
    ceilings.push(summarise(samples, randomFrom(`measure/${promptSeed}/ceiling`)));
  }
  return ceilings;
}

function rowsFor(sets: readonly PromptsOfSplit[], { maxRows }: MeasureOptions): number {
  const most = Math.max(...sets.map(({ specs, samplesPerPrompt }) => specs.length * samplesPerPrompt));
  return Math.max(1, Math.min(maxRows, most));
}

type Drawings = { at(way: DrawWay): Drawing; readonly rows: number; dispose(): void };

/** One drawing for each temperature and guidance scale, made when it is first needed and not known from the cache. */
function lazyDrawings(
  { model }: CheckpointWithPolicy,
  sets: readonly PromptsOfSplit[],
  options: MeasureOptions,
): Drawings {
  const made = new Map<string, Drawing>();
  const rows = rowsFor(sets, options);
  const bucket = promptBucket(
    model,
    sets.flatMap(({ specs }) => specs),
  );
  return {
    rows,
    at({ temperature, guidanceScale }) {
      const name = `${temperature}/${guidanceScale}`;
      const known = made.get(name);
      if (known !== undefined) return known;
      const drawing = createDrawing(model, {
        maxRows: rows,
        promptBuckets: [bucket],
        distinctPrompts: rows,
        sampling: { temperature, guidanceScale, textCap: options.textCap },
      });
      made.set(name, drawing);
      return drawing;
    },
    dispose() {
      for (const drawing of made.values()) drawing.dispose();
    },
  };
}

function keysOf(
  { specs, samplesPerPrompt }: PromptsOfSplit,
  identity: ModelIdentity,
  { ways, textCap }: MeasureOptions,
  engine: EngineInfo,
  rows: number,
): readonly EvaluationKey[] {
  const prompts = sha256Hex(canonicalJson(JSON.parse(JSON.stringify(specs)) as JsonValue));
  return ways.map((way) => ({
    ...identity,
    ...way,
    prompts,
    fingerprint: engine.fingerprint,
    rewards: { ...SHAPEWORLD_VERSIONS, strict: STRICT_VERSION },
    samplesPerPrompt: samplesAt(way.temperature, samplesPerPrompt),
    textCap,
    rows,
  }));
}

async function drawSets(
  name: string,
  identity: ModelIdentity,
  sets: readonly PromptsOfSplit[],
  ceilings: readonly ModelEvaluation["ceiling"][],
  options: MeasureOptions,
  means: MeasureMeans,
  drawings: Drawings,
): Promise<ModelEvaluation[]> {
  const evaluations: ModelEvaluation[] = [];
  for (const [index, set] of sets.entries()) {
    const ceiling = ceilings[index];
    if (ceiling === undefined) continue;
    const drawn: DrawnSamples[] = [];
    for (const key of keysOf(set, identity, options, means.engine, drawings.rows)) {
      drawn.push(await drawCached(set, key, means, drawings));
    }
    evaluations.push({ name, split: set.split, promptSeed: options.promptSeed, ceiling, drawn });
  }
  return evaluations;
}

async function drawCached(
  { split, specs }: PromptsOfSplit,
  key: EvaluationKey,
  means: MeasureMeans,
  drawings: Drawings,
): Promise<DrawnSamples> {
  const { policy, samplesPerPrompt, seed } = key;
  const whose = policy === null ? "of the checkpoint" : "with the policy";
  const what = `${split}: ${specs.length * samplesPerPrompt} samples ${whose}, ${wayName(key)}`;
  const known = await means.cache?.get(key);
  if (known !== undefined && known !== null) {
    means.say(`${what}: from the cache`);
    return { key, samples: known };
  }
  const startedMs = means.nowMs();
  const samples = await evaluate(drawings.at(key), specs, { samplesPerPrompt, seed }, means.signal);
  means.say(`${what}: ${((means.nowMs() - startedMs) / 1000).toFixed(1)} s`);
  await means.cache?.put(key, samples);
  return { key, samples };
}
