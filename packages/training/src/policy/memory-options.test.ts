// What saves memory in an update changes no result that matters: recomputed layers give the update of kept ones, 8-bit
// moments come back from a checkpoint bit for bit, and a frozen base has no second copy beside it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEngine, tf } from "@easel/engine";
import { randomFrom } from "@easel/shapeworld";
import { beforeAll, expect, it } from "vitest";
import { loadPolicy } from "./load-policy.js";
import type { PolicyOptimisation } from "./policy-step.js";
import { createTensorPolicyLearner } from "./tensor-policy-learner.js";
import type { TrainablePolicy } from "./trainable-policy.js";
import type { PolicyLearner, TrainingRow } from "./types.js";

const checkpoint = fileURLToPath(new URL("../../../../assets/janus-nano", import.meta.url));
// Wide enough that matrices of the adapter have 8-bit moments: those of fewer than 4096 weights stay in float32.
const adapter = { rank: 32, alpha: 32, targets: ["q_proj", "down_proj"] };

beforeAll(async () => {
  await startEngine();
});

type Made = {
  readonly learner: PolicyLearner;
  readonly policy: TrainablePolicy;
  readonly rows: TrainingRow[];
};

async function made(how: Partial<PolicyOptimisation>): Promise<Made> {
  const { model, policy } = await loadPolicy(checkpoint, adapter, 3);
  const random = randomFrom(5);
  const whole = (below: number): number => Math.floor(random.next() * below);
  const { tokens, codes } = model.config.image;
  const rows = Array.from({ length: 2 }, (_, row): TrainingRow => {
    const chainIds = [
      ...Array.from({ length: 5 + 3 * row }, () => whole(200)),
      model.tokenizer.ids.beginImage,
    ];
    return {
      promptIds: [model.tokenizer.ids.begin, ...Array.from({ length: 6 }, () => whole(200))],
      chainIds,
      forcedBoi: false,
      imageCodes: Array.from({ length: tokens }, () => whole(codes)),
      behaviourLogProbs: Array.from({ length: chainIds.length + tokens }, () => -4),
      advantage: row === 0 ? 1 : -1,
    };
  });
  const learner = createTensorPolicyLearner(model, policy, {
    beta1: 0.9,
    beta2: 0.99,
    weightDecay: 0,
    maxGradientNorm: 1,
    matmul: "f32",
    compile: "graph",
    clipLow: 0.2,
    clipHigh: 0.2,
    beta: 0.01,
    aggregation: { kind: "tokenMean" },
    logProbs: { guidanceScale: 3 },
    rowsPerPass: 2,
    ...how,
  });
  return { learner, policy, rows };
}

const learningRate = 1e-3;

async function valuesAfter(
  { learner, policy, rows }: Made,
  updates: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  for (let update = 0; update < updates; update++) await learner.update(rows, { learningRate });
  const entries = Object.entries(policy.trained).map(
    async ([name, x]) => [name, [...(await x.data())]] as const,
  );
  return new Map(await Promise.all(entries));
}

it("recomputed layers give the update of kept ones", { timeout: 300_000 }, async () => {
  const kept = await made({});
  const again = await made({ recompute: true });
  const keptMetrics = await kept.learner.update(kept.rows, { learningRate });
  const againMetrics = await again.learner.update(again.rows, { learningRate });
  expect(againMetrics.loss).toBeCloseTo(keptMetrics.loss, 5);
  expect(againMetrics.gradientNorm / keptMetrics.gradientNorm).toBeCloseTo(1, 4);
  expect(keptMetrics.gradientNorm).toBeGreaterThan(0);
  // B starts at zero, so after the first step of Adam only signs show; the second step depends on sizes.
  const keptValues = await valuesAfter(kept, 1);
  for (const [name, values] of await valuesAfter(again, 1)) {
    values.forEach((value, i) => {
      expect(Math.abs(value - (keptValues.get(name)?.[i] ?? Number.NaN))).toBeLessThan(5e-4);
    });
  }
});

it("an update with 8-bit moments goes on from a checkpoint to the same bits", {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "easel-moments-"));
  const straight = await made({ moments: "8bit" });
  await valuesAfter(straight, 2);
  await straight.learner.saveState(folder);
  const expected = await valuesAfter(straight, 1);

  const resumed = await made({ moments: "8bit" });
  await resumed.learner.loadState(folder);
  expect(await valuesAfter(resumed, 1)).toEqual(expected);

  const other = await made({});
  await expect(other.learner.loadState(folder)).rejects.toMatchObject({
    code: "EASEL_ENGINE_STATE_MISMATCH",
  });
  await rm(folder, { recursive: true });
});

it("with an adapter the reference is the base itself: no weight exists twice", {
  timeout: 120_000,
}, async () => {
  const { model, policy } = await loadPolicy(checkpoint, adapter, 3);
  const names = Object.keys(model.params.weights);
  expect(names.length).toBeGreaterThan(30);
  for (const name of names) {
    expect(policy.reference.weights[name]).toBe(model.params.weights[name]);
    expect(policy.params.weights[name]).toBe(model.params.weights[name]);
    expect(model.params.weights[name]).not.toBeInstanceOf(tf.Variable);
  }
  expect(policy.reference.adapters ?? []).toEqual([]);
});

it("a policy is loaded without the parts that it never uses", { timeout: 120_000 }, async () => {
  const { model } = await loadPolicy(checkpoint, adapter, 3);
  const names = Object.keys(model.params.weights);
  expect(names.filter((name) => name.startsWith("gen_vision_model.decoder."))).not.toEqual([]);
  expect(names.filter((name) => name.startsWith("gen_vision_model.encoder."))).toEqual([]);
});
