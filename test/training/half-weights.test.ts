// Frozen weights kept in bfloat16 in half the memory change no result: pictures, log-probs and updates are those of float32
// weights, bit for bit. And a worker's log-probs stay the learner's after updates, because nothing is merged into them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  isStoredHalf,
  memory,
  mergeAdapter,
  type Params,
  startEngine,
  storeHalf,
  type tf,
} from "@easel/engine";
import { disposeWeights, type JanusModel, loadJanus, saveJanus } from "@easel/janus";
import {
  createDrawing,
  createTensorPolicyLearner,
  createTensorRolloutPolicy,
  type DrawnSample,
  loadPolicy,
  type PolicyLearner,
  type RolloutSample,
  type TrainablePolicy,
  type TrainingRow,
  type UpdateMetrics,
  type WeightStorage,
} from "@easel/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learnerOptions } from "./learner-options.js";

const nano = fileURLToPath(new URL("../../assets/janus-nano", import.meta.url));
const adapter = { rank: 8, alpha: 8, targets: ["q_proj", "v_proj", "down_proj"], tokenRows: true };
const sampling = { temperature: 1, guidanceScale: 2, textCap: 24 };
const requests = [1, 2, 3, 4].map((sampleIndex) => ({
  promptText: "a red circle left of a blue square",
  issue: 1,
  sampleIndex,
  seed: 7,
}));
const drawOptions = { maxRows: 4, promptBuckets: [32], distinctPrompts: 1, sampling, fingerprint: "test" };
/** Largest mean of |log-prob as recorded - log-prob of the learner|, in nats, that rounding of float32 explains. */
const limit = 1e-4;

/** janus-nano as Janus-Pro is released: every weight in bfloat16. */
let checkpoint: string;

beforeAll(async () => {
  await startEngine();
  checkpoint = await mkdtemp(join(tmpdir(), "easel-half-weights-"));
  const model = await loadJanus(nano);
  await saveJanus(checkpoint, model, { dtype: () => "BF16" });
  disposeWeights(model.params);
});
afterAll(() => rm(checkpoint, { recursive: true }));

type Side = {
  readonly model: JanusModel;
  readonly policy: TrainablePolicy;
  readonly learner: PolicyLearner;
};

async function learnerWith(weights: WeightStorage, matmul: "f32" | "bf16"): Promise<Side> {
  const { model, policy } = await loadPolicy(checkpoint, adapter, 3, weights);
  const logProbs = { guidanceScale: sampling.guidanceScale };
  const options = { ...learnerOptions, logProbs, matmul, recompute: true };
  return { model, policy, learner: createTensorPolicyLearner(model, policy, options) };
}

const rowsOf = (samples: readonly (DrawnSample | RolloutSample)[]): TrainingRow[] =>
  samples.map(({ promptIds, chainIds, forcedBoi, imageCodes, logProbs }, i) => ({
    promptIds,
    chainIds,
    forcedBoi,
    imageCodes,
    behaviourLogProbs: logProbs,
    advantage: i % 2 === 0 ? 1 : -1,
  }));

/** Draws with a worker of its own, as a rollout worker does: the starting checkpoint and the learner's announced weights. */
async function drawnByWorker(
  weights: WeightStorage,
  learner: PolicyLearner,
): Promise<readonly RolloutSample[]> {
  const { model, policy } = await loadPolicy(checkpoint, adapter, 3, weights);
  const worker = createTensorRolloutPolicy(model, policy, drawOptions);
  await worker.load(await learner.exportWeights());
  return await worker.generate(requests, sampling, new AbortController().signal);
}

const metricsOf = ({ learner }: Side, rows: readonly TrainingRow[]): Promise<UpdateMetrics> =>
  learner.update(rows, { learningRate: 3e-3 });

describe("weights kept in bfloat16", () => {
  it("take half the memory, and leave the adapter in float32", {
    timeout: 120_000,
  }, async () => {
    const bytesOf = async (weights: WeightStorage): Promise<number> => {
      const { model, policy } = await loadPolicy(checkpoint, adapter, 3, weights);
      expect(Object.values(model.params.weights).every(isStoredHalf)).toBe(weights === "bfloat16");
      expect(Object.values(policy.trained).some(isStoredHalf)).toBe(false);
      const loaded = memory().sizeBytes;
      disposeWeights(model.params);
      return loaded - memory().sizeBytes;
    };
    expect((await bytesOf("bfloat16")) / (await bytesOf("float32"))).toBeCloseTo(0.5, 6);
  });

  it.each(["f32", "bf16"] as const)(
    "give the samples, log-probs and updates of float32 weights, bit for bit (products in %s)",
    { timeout: 300_000 },
    async (matmul) => {
      const [full, half] = [await learnerWith("float32", matmul), await learnerWith("bfloat16", matmul)];
      for (let update = 0; update < 2; update++) {
        const drawn = await drawnByWorker("float32", full.learner);
        expect(await drawnByWorker("bfloat16", half.learner)).toEqual(drawn);
        expect(await metricsOf(half, rowsOf(drawn))).toEqual(await metricsOf(full, rowsOf(drawn)));
      }
      expect((await half.learner.exportWeights()).digest).toBe((await full.learner.exportWeights()).digest);
    },
  );

  it("hold no update: after some a worker's log-probs are the learner's, and merged into them they are not", {
    timeout: 300_000,
  }, async () => {
    const side = await learnerWith("bfloat16", "f32");
    const start = rowsOf(await drawnByWorker("bfloat16", side.learner));
    for (let update = 0; update < 4; update++) await metricsOf(side, start);

    const { policy, model } = side;
    const pair = policy.adapter ?? expect.fail();
    const merged = storedHalf(mergeAdapter(policy.reference, pair));
    const apart = createDrawing({ ...model, params: policy.params }, drawOptions);
    const rounded = createDrawing({ ...model, params: merged }, drawOptions);
    // Both are drawn before the learner moves on; the first is what a worker draws.
    const [own, others] = [await apart.draw(requests), await rounded.draw(requests)];
    expect(rowsOf(await drawnByWorker("bfloat16", side.learner))).toEqual(
      rowsOf(own).map((row) => ({ ...row, promptIds: Int32Array.from(row.promptIds) })),
    );
    const saved = await mkdtemp(join(tmpdir(), "easel-half-weights-state-"));
    await side.learner.saveState(saved);
    const mismatchOf = async (samples: readonly DrawnSample[]): Promise<number> => {
      await side.learner.loadState(saved);
      const { textMismatch, imageMismatch } = await metricsOf(side, rowsOf(samples));
      return Math.max(textMismatch, imageMismatch);
    };
    expect(await mismatchOf(own)).toBeLessThan(limit);
    expect(await mismatchOf(others)).toBeGreaterThan(10 * limit);
    await rm(saved, { recursive: true });
  });

  it("are refused of a checkpoint that has none: nothing is rounded", async () => {
    await expect(loadPolicy(nano, adapter, 3, "bfloat16")).rejects.toMatchObject({
      code: "EASEL_JANUS_NO_BF16",
    });
  });
});

function storedHalf({ weights }: Params): Params {
  return {
    weights: Object.fromEntries(
      Object.entries(weights).map(([name, w]) => [name, storeHalf(w as tf.Tensor)]),
    ),
  };
}
