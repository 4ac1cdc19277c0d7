// The reference policy is the policy at RL step 0, whatever RL trains and whatever lies beneath; and an update reaches a
// rollout's policy beside its weights, never rounded into them.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  adapterVariables,
  createAdapter,
  isStoredHalf,
  mergeAdapter,
  type Params,
  startEngine,
  storeHalf,
  tf,
} from "@easel/engine";
import {
  adapterLayerPaths,
  disposeWeights,
  type JanusModel,
  layoutTokenRows,
  loadJanus,
  packedTensors,
  packSequences,
  tokenLogProbs,
} from "@easel/janus";
import {
  createTensorPolicyLearner,
  createTensorRolloutPolicy,
  isPolicyWeight,
  type PolicyMode,
  type TrainablePolicy,
  type TrainingRow,
  trainablePolicy,
} from "@easel/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learnerOptions } from "./learner-options.js";

const fixtures = fileURLToPath(new URL("../../packages/janus/fixtures/janus-tiny/", import.meta.url));
const targets = ["q_proj", "o_proj", "up_proj"];
let folder: string;

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-reference-"));
  await cp(join(fixtures, "original"), folder, { recursive: true });
  await cp(join(fixtures, "tokenizer"), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Deterministic numbers in [0,1). */
function counting(): { next(): number } {
  let i = 0;
  return { next: () => (i++ * 0.618033988749895) % 1 };
}

/** A rollout that uses all four layout tokens. */
function rowsFor({ tokenizer, config }: JanusModel): TrainingRow[] {
  const { objectStart, objectEnd, boxStart, boxEnd, begin, beginImage } = tokenizer.ids;
  const chainIds = [objectStart, 40, 41, objectEnd, boxStart, 50, 51, boxEnd, beginImage];
  const { tokens, codes } = config.image;
  return [1, -1].map((advantage, row) => ({
    promptIds: [begin, 10 + row, 11, 12],
    chainIds,
    forcedBoi: false,
    imageCodes: Array.from({ length: tokens }, (_, at) => (at * 7 + row) % codes),
    behaviourLogProbs: Array.from({ length: chainIds.length + tokens }, () => -4),
    advantage,
  }));
}

/** Guided log-probs of both parts, one after the other. */
function logProbs(model: JanusModel, params: Params): Float32Array {
  const padId = model.tokenizer.ids.pad;
  const packed = packSequences({ rows: rowsFor(model), padId, lengthBucket: 8, textBucket: 8 });
  const values = tf.tidy(() => {
    const { text, image } = tokenLogProbs(model.config, params, packedTensors(packed), { guidanceScale: 3 });
    return tf.concat([text.flatten(), image.flatten()]).dataSync() as Float32Array;
  });
  return values.slice();
}

const learning = { ...learnerOptions, weightDecay: 0.01, logProbs: { guidanceScale: 3 } } as const;

async function afterUpdates(model: JanusModel, policy: TrainablePolicy): Promise<void> {
  const learner = createTensorPolicyLearner(model, policy, learning);
  for (let step = 0; step < 2; step++) await learner.update(rowsFor(model), { learningRate: 1e-2 });
}

function largestChange(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

/** An adapter as supervised training would leave it, frozen beneath. */
function supervised(model: JanusModel): JanusModel {
  const { params, tokenizer } = model;
  const adapter = createAdapter({
    paths: adapterLayerPaths(params, { targets: ["q_proj", "lm_head"] }),
    params,
    rank: 2,
    alpha: 2,
    random: counting(),
    tokenRows: {
      "language_model.model.embed_tokens": layoutTokenRows(tokenizer)["language_model.lm_head"] ?? [],
    },
  });
  for (const variable of Object.values(adapterVariables(adapter))) {
    tf.tidy(() => variable.assign(tf.randomNormal(variable.shape, 0, 0.3, "float32", 3)));
  }
  return { ...model, params: { ...params, adapters: [adapter] } };
}

const lora = { kind: "lora", rank: 4, alpha: 8, targets } as const;
const everything = { ...lora, imageHead: true, imageAligner: true, tokenRows: true };

describe("after updates the reference gives the log-probs of step 0, to the bit", () => {
  it.each([
    { what: "a low-rank adapter", mode: lora, isBeneath: false },
    { what: "an adapter with token rows and image parts", mode: everything, isBeneath: false },
    { what: "the same over an adapter of supervised training", mode: everything, isBeneath: true },
    { what: "every weight", mode: { kind: "full" } as PolicyMode, isBeneath: false },
  ])("when RL trains $what", async ({ mode, isBeneath }) => {
    const loaded = await loadJanus(folder, {
      imageSize: 64,
      ...(mode.kind === "full" ? { trainable: isPolicyWeight } : {}),
    });
    const model = isBeneath ? supervised(loaded) : loaded;
    const start = logProbs(model, model.params);
    if (isBeneath) expect(largestChange(start, logProbs(loaded, loaded.params))).toBeGreaterThan(0.01);
    const policy = trainablePolicy(model, mode, counting());
    expect(largestChange(logProbs(model, policy.params), start)).toBeLessThan(1e-4);
    const reference = logProbs(model, policy.reference);
    await afterUpdates(model, policy);
    expect(logProbs(model, policy.reference)).toEqual(reference);
    expect(largestChange(reference, start)).toBe(0);
    // The control: the same look at the policy sees that it moved.
    expect(largestChange(logProbs(model, policy.params), start)).toBeGreaterThan(0.01);
    if (mode.kind === "lora") {
      // No second copy of the base, in either of the two.
      for (const name of Object.keys(model.params.weights)) {
        expect(policy.reference.weights[name]).toBe(model.params.weights[name]);
        expect(policy.params.weights[name]).toBe(model.params.weights[name]);
      }
    }
    disposeWeights(loaded.params);
  });
});

describe("a rollout over weights in half precision", () => {
  const options = {
    maxRows: 2,
    promptBuckets: [8],
    fingerprint: "test",
    distinctPrompts: 1,
    sampling: { temperature: 1, guidanceScale: 3, textCap: 8 },
  };

  /** The model with its matrices stored in bfloat16. */
  async function halfModel(): Promise<JanusModel> {
    const model = await loadJanus(folder, { imageSize: 64 });
    const weights = Object.entries(model.params.weights).map(
      ([name, tensor]) => [name, isPolicyWeight(name) ? storeHalf(tensor) : tensor] as const,
    );
    return { ...model, params: { weights: Object.fromEntries(weights) } };
  }

  it("takes an update beside them: they keep every bit, and an update that rounding would lose is sampled from", async () => {
    const model = await halfModel();
    const before = Object.values(model.params.weights).map((tensor) => tensor.dataSync().slice());
    const learnt = trainablePolicy(model, lora, counting());
    const sampling = trainablePolicy(model, lora, counting());
    // So small that a sum with any weight, rounded to bfloat16, is mostly the weight again.
    for (const [name, variable] of Object.entries(learnt.trained)) {
      if (name.endsWith("lora_B")) tf.tidy(() => variable.assign(tf.fill(variable.shape, 2e-5)));
    }
    const learner = createTensorPolicyLearner(model, learnt, learning);
    const rollout = createTensorRolloutPolicy(model, sampling, options);
    await rollout.load(await learner.exportWeights());
    expect(Object.values(model.params.weights).map((tensor) => tensor.dataSync())).toEqual(before);
    const learned = logProbs(model, learnt.params);
    expect(logProbs(model, sampling.params)).toEqual(learned);
    const start = logProbs(model, model.params);
    const change = largestChange(learned, start);
    expect(change).toBeGreaterThan(1e-5);
    // The control: merged and rounded, the policy is another one, by about as much as it was to change.
    const adapter = learnt.adapter ?? expect.fail();
    const merged = mergeAdapter(model.params, adapter);
    expect(largestChange(logProbs(model, merged), learned)).toBeLessThan(0.2 * change);
    const rounded = Object.entries(merged.weights).map(
      ([name, tensor]) => [name, isStoredHalf(tensor) ? tensor : storeHalf(tensor)] as const,
    );
    const lossy = logProbs(model, { weights: Object.fromEntries(rounded) });
    expect(largestChange(lossy, learned)).toBeGreaterThan(0.5 * change);
  });

  it("refuses by name to put an update into weights that are stored so", async () => {
    const model = await halfModel();
    const name = "language_model.model.norm.weight";
    const stored = model.params.weights[name] ?? expect.fail();
    const variable = tf.tidy(() => tf.variable(storeHalf(stored)));
    const policy: TrainablePolicy = {
      kind: "full",
      params: { weights: { ...model.params.weights, [name]: variable } },
      reference: { weights: {} },
      trained: { [name]: variable },
    };
    const wide: TrainablePolicy = { ...policy, trained: { [name]: tf.variable(tf.ones(stored.shape)) } };
    const learner = createTensorPolicyLearner(model, wide, learning);
    const rollout = createTensorRolloutPolicy(model, policy, options);
    await expect(rollout.load(await learner.exportWeights())).rejects.toMatchObject({
      code: "EASEL_TRAINING_HALF_POLICY",
      message: expect.stringContaining(name),
    });
  });
});
