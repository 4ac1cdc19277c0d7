// Optimisers against PyTorch 2.15 and against NumPy in float64 (see fixtures/README.md); clipping, accumulation, schedules.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { adapterVariables } from "../params/adapter.js";
import { valueAndGrads } from "../params/gradients.js";
import { readPeftAdapter } from "../params/peft-files.js";
import { assignVariables, variablesToHost } from "../params/variable-files.js";
import { readSafetensors } from "../safetensors/read.js";
import { toFloat32, toTensor } from "../safetensors/tensor-conversion.js";
import { tf } from "../tf.js";
import { type AdamWOptions, createAdamW } from "./adamw.js";
import { clipByGlobalNorm, createGradientAccumulator } from "./gradient-sums.js";
import { createMuon } from "./muon.js";
import type { Optimizer } from "./optimizer.js";
import { cosineWithWarmup } from "./schedules.js";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

type GoldenCase<Settings> = {
  readonly shape: number[];
  readonly settings: Settings;
  readonly weight: number[];
  readonly gradients: number[][];
  readonly rates: number[];
  readonly trail: number[][];
};
type Golden = {
  readonly adamw: GoldenCase<{ beta1: number; beta2: number; epsilon: number; decay: number }>[];
  readonly muon: GoldenCase<{ momentum: number; decay: number }>[];
};
const golden: Golden = JSON.parse(readFileSync(new URL("optimizer-golden.json", FIXTURES), "utf8"));

beforeAll(async () => {
  await tf.setBackend("cpu");
});

function follow(example: GoldenCase<unknown>, make: (variable: tf.Variable) => Optimizer): number {
  const variable = tf.variable(tf.tensor(example.weight, example.shape));
  const optimizer = make(variable);
  let worst = 0;
  example.gradients.forEach((gradient, i) => {
    optimizer.update({ w: tf.tensor(gradient, example.shape) }, tf.scalar(example.rates[i] ?? 0));
    variable.dataSync().forEach((value, j) => {
      worst = Math.max(worst, Math.abs(value - (example.trail[i]?.[j] ?? Number.NaN)));
    });
  });
  return worst;
}

describe("AdamW", () => {
  it("takes PyTorch's first step on an adapter", async () => {
    const { tensors } = await readSafetensors(fileURLToPath(new URL("lora-and-adamw.safetensors", FIXTURES)));
    const adapter = await readPeftAdapter(fileURLToPath(new URL("lora", FIXTURES)));
    const variables = adapterVariables(adapter);
    const read = (kind: string, name: string) =>
      tensors.get(`model.${kind}.base_model.model.${name}.weight`) ?? expect.fail(name);
    const grads = Object.fromEntries(
      Object.keys(variables).map((name) => [name, toTensor(read("grad", name))]),
    );
    expect(Object.keys(grads)).toHaveLength(8);
    const norm = clipByGlobalNorm(grads, 1).norm.dataSync()[0];
    const expectedNorm = toFloat32(tensors.get("model.grad_norm") ?? expect.fail())[0];
    expect(norm).toBeCloseTo(expectedNorm ?? Number.NaN, 5);
    createAdamW({ variables }).update(grads, tf.scalar(1e-3));
    for (const [name, variable] of Object.entries(variables)) {
      const difference = variable
        .sub(toTensor(read("step1", name)))
        .abs()
        .max();
      expect(difference.dataSync()[0]).toBeLessThan(1e-6);
    }
  });

  it.each(golden.adamw)("follows NumPy over several steps: $settings", (example) => {
    const { decay, ...settings } = example.settings;
    const worst = follow(example, (w) => createAdamW({ variables: { w }, weightDecay: decay, ...settings }));
    expect(worst).toBeLessThan(1e-6);
  });

  it("leaves a variable without a gradient alone and applies the first matching group", () => {
    const make = () => tf.variable(tf.scalar(1));
    const variables = { weight: make(), gain: make(), idle: make() };
    const optimizer = createAdamW({
      variables,
      weightDecay: 0.5,
      groups: [{ includes: (name) => name === "gain", weightDecay: 0, learningRateScale: 0.1 }],
    });
    optimizer.update({ weight: tf.scalar(2), gain: tf.scalar(2) }, 0.1);
    expect(variables.weight.dataSync()[0]).toBeCloseTo(1 - 0.1 * 0.5 - 0.1, 5);
    expect(variables.gain.dataSync()[0]).toBeCloseTo(1 - 0.01, 5);
    expect(variables.idle.dataSync()[0]).toBe(1);
  });

  it("gives each group its own decays of the moments", () => {
    const gradients = [0.5, -2, 1];
    const variables = () => ({ fast: tf.variable(tf.scalar(1)), slow: tf.variable(tf.scalar(1)) });
    const run = (options: Omit<AdamWOptions, "variables">) => {
      const trained = variables();
      const optimizer = createAdamW({ variables: trained, ...options });
      for (const g of gradients) optimizer.update({ fast: tf.scalar(g), slow: tf.scalar(g) }, 0.1);
      return { fast: trained.fast.dataSync()[0], slow: trained.slow.dataSync()[0] };
    };
    const grouped = run({ groups: [{ includes: (name) => /^fa/.test(name), beta1: 0.5, beta2: 0.9 }] });
    expect(grouped.fast).toBe(run({ beta1: 0.5, beta2: 0.9 }).fast);
    expect(grouped.slow).toBe(run({}).slow);
    expect(grouped.fast).not.toBe(grouped.slow);
    // Without a first moment a step is g / sqrt(v): 0.9, 1.03717, 0.96158 in float64.
    expect(run({ beta1: 0 }).fast).toBeCloseTo(0.96158, 4);
  });

  it("continues from a saved state as if it had not stopped", async () => {
    const start = [1, -2, 3];
    const gradient = (step: number) => ({ w: tf.tensor1d([step, 1, -step]) });
    const whole = tf.variable(tf.tensor1d(start));
    const wholeOptimizer = createAdamW({ variables: { w: whole } });
    for (let step = 1; step <= 4; step++) wholeOptimizer.update(gradient(step), 0.1);

    const before = tf.variable(tf.tensor1d(start));
    const beforeOptimizer = createAdamW({ variables: { w: before } });
    for (let step = 1; step <= 2; step++) beforeOptimizer.update(gradient(step), 0.1);
    const saved = await variablesToHost(beforeOptimizer.state);
    expect([...saved.keys()]).toEqual(["step", "w.first_moment", "w.second_moment"]);

    const after = tf.variable(before.clone());
    const afterOptimizer = createAdamW({ variables: { w: after } });
    assignVariables(afterOptimizer.state, saved);
    for (let step = 3; step <= 4; step++) afterOptimizer.update(gradient(step), 0.1);
    expect([...after.dataSync()]).toEqual([...whole.dataSync()]);
  });

  it("leaks nothing", () => {
    const w = tf.variable(tf.ones([3]));
    const before = tf.memory().numTensors;
    const optimizer = createAdamW({ variables: { w }, weightDecay: 0.1 });
    tf.tidy(() => optimizer.update({ w: tf.ones([3]) }, 0.1));
    expect(tf.memory().numTensors).toBe(before + 3);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("Muon", () => {
  it.each(golden.muon)("follows NumPy over several steps: $shape $settings", (example) => {
    const { decay, momentum } = example.settings;
    const worst = follow(example, (w) => createMuon({ variables: { w }, weightDecay: decay, momentum }));
    expect(worst).toBeLessThan(1e-5);
  });

  it("does not care how large the gradient is", () => {
    const gradient = tf.tensor2d([1, 2, 3, -1, 0.5, 2], [2, 3]);
    const after = [1e-3, 1, 1e3].map((scale) => {
      const w = tf.variable(tf.zeros([2, 3]));
      createMuon({ variables: { w } }).update({ w: tf.mul(gradient, scale) }, 0.1);
      return [...w.dataSync()];
    });
    for (const values of after) {
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(after[0]?.[i] ?? Number.NaN, 5);
      });
    }
  });

  it("takes a zero gradient without NaN, and only matrices", () => {
    const w = tf.variable(tf.ones([2, 2]));
    createMuon({ variables: { w } }).update({ w: tf.zeros([2, 2]) }, 0.1);
    expect([...w.dataSync()]).toEqual([1, 1, 1, 1]);
    expect(() => createMuon({ variables: { bias: tf.variable(tf.ones([2])) } })).toThrow(
      expect.objectContaining({ code: "EASEL_ENGINE_MUON_SHAPE" }),
    );
  });
});

describe("clipping by the global norm", () => {
  it("scales all gradients together, only when the norm is above the bound", () => {
    const grads = { a: tf.tensor1d([3]), b: tf.tensor1d([0, 4]) };
    const clipped = clipByGlobalNorm(grads, 1);
    expect(clipped.norm.dataSync()[0]).toBeCloseTo(5, 5);
    expect(clipped.grads.a?.dataSync()[0]).toBeCloseTo(0.6, 5);
    expect(clipped.grads.b?.dataSync()[1]).toBeCloseTo(0.8, 5);
    expect(clipByGlobalNorm(grads, 10).grads.a?.dataSync()[0]).toBe(3);
  });

  it("of zero gradients gives zeros, of a NaN shows in the norm", () => {
    expect(clipByGlobalNorm({ a: tf.zeros([2]) }, 1).grads.a?.dataSync()[0]).toBe(0);
    expect(
      clipByGlobalNorm({ a: tf.tensor1d([Number.NaN]), b: tf.ones([1]) }, 1).norm.dataSync()[0],
    ).toBeNaN();
    expect(clipByGlobalNorm({}, 1).norm.dataSync()[0]).toBe(0);
  });
});

describe("gradient accumulation", () => {
  it("over micro-batches equals the gradient of the whole batch, and starts afresh", () => {
    const w = tf.variable(tf.tensor1d([0.5, -1]));
    const rows = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
    const lossOf = (part: tf.Tensor) => () => tf.sum(tf.square(tf.sum(tf.mul(part, w), 1))).div(4);
    const whole = valueAndGrads(lossOf(rows), { w }).grads.w?.dataSync() ?? [];
    const accumulator = createGradientAccumulator({ w });
    for (let round = 0; round < 2; round++) {
      accumulator.add(valueAndGrads(lossOf(rows.slice([0, 0], [1, 2])), { w }).grads);
      accumulator.add(valueAndGrads(lossOf(rows.slice([1, 0], [3, 2])), { w }).grads);
      const sum = accumulator.take().w;
      expect([...(sum?.dataSync() ?? [])]).toEqual([...whole]);
    }
    accumulator.add({ w: tf.tensor1d([2, 4]) });
    expect([...(accumulator.take(0.5).w?.dataSync() ?? [])]).toEqual([1, 2]);
  });
});

describe("the cosine schedule", () => {
  it("has the factors of transformers' cosine schedule with warm-up", async () => {
    const { tensors } = await readSafetensors(fileURLToPath(new URL("lora-and-adamw.safetensors", FIXTURES)));
    const expected = toFloat32(tensors.get("lr_factor") ?? expect.fail());
    expected.forEach((factor, step) => {
      expect(cosineWithWarmup({ step, warmupSteps: 2, totalSteps: 10 })).toBeCloseTo(factor, 6);
    });
  });

  it("stays between 0 and 1, never rises after the warm-up, and ends at the floor", () => {
    const settings = fc.record({
      warmupSteps: fc.nat(20),
      decaySteps: fc.nat(50),
      floor: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(settings, ({ warmupSteps, decaySteps, floor }) => {
        const totalSteps = warmupSteps + decaySteps;
        const factor = (step: number) => cosineWithWarmup({ step, warmupSteps, totalSteps, floor });
        for (let step = 0; step <= totalSteps + 3; step++) {
          expect(factor(step)).toBeGreaterThanOrEqual(0);
          expect(factor(step)).toBeLessThanOrEqual(1 + 1e-12);
          if (step >= warmupSteps) expect(factor(step + 1)).toBeLessThanOrEqual(factor(step) + 1e-12);
        }
        expect(factor(totalSteps)).toBe(floor);
      }),
    );
  });

  it("refuses steps and floors out of range", () => {
    expect(() => cosineWithWarmup({ step: 0, warmupSteps: 5, totalSteps: 4 })).toThrow(/total 4/);
    expect(() => cosineWithWarmup({ step: 0, warmupSteps: 0, totalSteps: 4, floor: 2 })).toThrow(/floor 2/);
  });
});
