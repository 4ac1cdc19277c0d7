// Token losses against PyTorch 2.15 (see fixtures/README.md), and gradients against finite differences.

import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { createAdapter } from "../params/adapter.js";
import { valueAndGrads } from "../params/gradients.js";
import { linear } from "../params/linear.js";
import type { HostTensor } from "../safetensors/host-tensor.js";
import { readSafetensors } from "../safetensors/read.js";
import { toTensor } from "../safetensors/tensor-conversion.js";
import { tf } from "../tf.js";
import { chunkedLogProb, chunkedLogProbAndEntropy } from "./chunked-log-prob.js";
import { crossEntropy, entropyOf, logProbOf } from "./log-prob.js";
import { logProbAndEntropy } from "./log-prob-and-entropy.js";

const FILE = fileURLToPath(new URL("../../fixtures/token-log-probs.safetensors", import.meta.url));
let golden = new Map<string, HostTensor>();
beforeAll(async () => {
  await tf.setBackend("cpu");
  golden = (await readSafetensors(FILE)).tensors;
});

function goldenTensor(name: string): tf.Tensor {
  return toTensor(golden.get(name) ?? expect.fail(`no golden tensor ${name}`));
}

function largestDifference(x: tf.Tensor, y: tf.Tensor): number {
  expect(x.shape).toEqual(y.shape);
  return x.sub(y).abs().max().dataSync()[0] ?? Number.NaN;
}

function textCase(): { hidden: tf.Tensor; weight: tf.Tensor; targets: tf.Tensor } {
  // Position p predicts token p + 1.
  const hidden = goldenTensor("text.hidden.final").slice([0, 0, 0], [2, 23, 64]).reshape([46, 64]);
  const targets = goldenTensor("text.ids").slice([0, 1], [2, 23]).reshape([46]);
  return { hidden, weight: goldenTensor("lm_head.weight"), targets };
}

const TEMPERATURES = [
  { temperature: 1, name: "text.logprobs" },
  { temperature: 0.7, name: "text.logprobs_T0.7" },
];

describe("log-probabilities", () => {
  it.each(TEMPERATURES)("are PyTorch's at temperature $temperature", ({ temperature, name }) => {
    const { hidden, weight, targets } = textCase();
    const expected = goldenTensor(name).reshape([46]);
    const logits = tf.matMul(hidden, weight, false, true).div(temperature);
    expect(largestDifference(logProbOf(logits, targets), expected)).toBeLessThan(1e-4);
    const both = logProbAndEntropy(logits, targets);
    expect(largestDifference(both.logProb, expected)).toBeLessThan(1e-4);
    expect(largestDifference(both.entropy, entropyOf(logits))).toBeLessThan(1e-4);
    for (const chunk of [1, 7, 46, 100]) {
      const chunked = chunkedLogProb(hidden, weight, targets, chunk, { temperature });
      expect(largestDifference(chunked, expected)).toBeLessThan(1e-4);
    }
  });

  it("have PyTorch's gradient for the head's weight", () => {
    const weight = tf.variable(goldenTensor("lm_head.weight"));
    const hidden = goldenTensor("chain.hidden");
    const targets = goldenTensor("chain.ids");
    const expected = goldenTensor("grad_lm_head_rows.values");
    const rows = goldenTensor("grad_lm_head_rows.ids").toInt();
    const chunked = () => chunkedLogProb(hidden, weight, targets, 5).sum().div(-76);
    const whole = () =>
      logProbOf(tf.matMul(hidden, weight, false, true), targets)
        .sum()
        .div(-76);
    for (const loss of [chunked, whole]) {
      const gradient = valueAndGrads(loss, { weight }).grads.weight ?? expect.fail();
      const largest = expected.abs().max().dataSync()[0] ?? 0;
      expect(largestDifference(tf.gather(gradient, rows), expected)).toBeLessThan(1e-5 + 1e-4 * largest);
    }
  });

  it("stay finite for logits far beyond float32's exponent range", () => {
    const logits = tf.tensor2d([1e4, -1e4, 0, 3e4, 3e4, -1e38], [2, 3]);
    const result = [...logProbOf(logits, tf.tensor1d([0, 2], "int32")).dataSync()];
    expect(result[0]).toBe(0);
    expect(Number.isFinite(result[1])).toBe(true);
  });
});

describe("cross-entropy", () => {
  it("is the mean over the tokens that count, and 0 when none does", () => {
    const logits = tf.tensor2d([0, 0, 5, 1], [2, 2]);
    const targets = tf.tensor1d([0, 1], "int32");
    expect(crossEntropy(logits, targets, tf.tensor1d([1, 0])).dataSync()[0]).toBeCloseTo(Math.LN2, 6);
    expect(crossEntropy(logits, targets, tf.zeros([2])).dataSync()[0]).toBe(0);
    const all = crossEntropy(logits, targets).dataSync()[0];
    expect(all).toBeCloseTo((Math.LN2 + Math.log(1 + Math.exp(4))) / 2, 5);
  });
});

describe("entropy", () => {
  it("is ln V for equal logits, 0 for certainty, and ignores impossible tokens", () => {
    const logits = tf.tensor2d([2, 2, 2, 2, 1e4, 0, 0, 0, 1, 1, -Infinity, -Infinity], [3, 4]);
    const [uniform, certain, masked] = entropyOf(logits).dataSync();
    expect(uniform).toBeCloseTo(Math.log(4), 6);
    expect(certain).toBeCloseTo(0, 6);
    expect(masked).toBeCloseTo(Math.LN2, 6);
  });

  it("comes out of the chunked pass equal, and without a gradient", () => {
    const { hidden, weight, targets } = textCase();
    const { logProb, entropy } = chunkedLogProbAndEntropy(hidden, weight, targets, 10, { temperature: 0.7 });
    const logits = tf.matMul(hidden, weight, false, true).div(0.7);
    expect(largestDifference(entropy, entropyOf(logits))).toBeLessThan(1e-4);
    expect(largestDifference(logProb, logProbOf(logits, targets))).toBeLessThan(1e-4);
    const h = tf.variable(hidden);
    const onlyEntropy = () => chunkedLogProbAndEntropy(h, weight, targets, 10).entropy.sum();
    expect(valueAndGrads(onlyEntropy, { h }).grads.h?.abs().max().dataSync()[0]).toBe(0);
  });
});

/** Largest difference between the gradients of `f` and central differences, over every element of every variable. */
function gradientError(f: () => tf.Tensor, variables: Record<string, tf.Variable>): number {
  const { grads } = valueAndGrads(f, variables);
  const evaluate = () => tf.tidy(() => f().dataSync()[0] ?? Number.NaN);
  const step = 2 ** -7;
  let worst = 0;
  for (const [name, variable] of Object.entries(variables)) {
    const gradient = grads[name]?.dataSync() ?? expect.fail(`no gradient for ${name}`);
    const values = Float32Array.from(variable.dataSync());
    const set = (index: number, value: number) =>
      tf.tidy(() => variable.assign(tf.tensor(values.with(index, value), variable.shape)));
    values.forEach((value, i) => {
      set(i, value + step);
      const above = evaluate();
      set(i, value - step);
      const below = evaluate();
      set(i, value);
      worst = Math.max(worst, Math.abs((above - below) / (2 * step) - (gradient[i] ?? Number.NaN)));
    });
  }
  return worst;
}

describe("gradients agree with finite differences", () => {
  const random = (shape: number[], seed: number) =>
    tf.variable(tf.randomNormal(shape, 0, 0.7, "float32", seed));
  const targets = tf.tensor1d([0, 3, 2, 2, 1], "int32");
  const weights = tf.tensor1d([1, -2, 0.5, 0, 3]);
  // Float32 central differences with this step are good to about 1e-3.
  const TOLERANCE = 3e-3;

  it("for log-probabilities of logits", () => {
    const logits = random([5, 4], 1);
    const f = () => logProbOf(logits, targets).mul(weights).sum();
    expect(gradientError(f, { logits })).toBeLessThan(TOLERANCE);
    const shared = () => logProbAndEntropy(logits, targets).logProb.mul(weights).sum();
    expect(gradientError(shared, { logits })).toBeLessThan(TOLERANCE);
  });

  it("for entropy and cross-entropy", () => {
    const logits = random([5, 4], 2);
    expect(gradientError(() => entropyOf(logits).mul(weights).sum(), { logits })).toBeLessThan(TOLERANCE);
    expect(gradientError(() => crossEntropy(logits, targets, weights.abs()), { logits })).toBeLessThan(
      TOLERANCE,
    );
  });

  it.each([1, 2, 5])("for chunked log-probabilities, %i rows at a time", (chunk) => {
    const hidden = random([5, 3], 3);
    const weight = random([4, 3], 4);
    const bias = tf.tensor1d([0.1, -0.3, 0.5, 0]);
    const f = () =>
      chunkedLogProb(hidden, weight, targets, chunk, { temperature: 0.8, bias }).mul(weights).sum();
    expect(gradientError(f, { hidden, weight })).toBeLessThan(TOLERANCE);
  });

  it("for chunked log-probabilities over a frozen head", () => {
    const hidden = random([5, 3], 5);
    const weight = random([4, 3], 6);
    const f = () => chunkedLogProb(hidden, weight, targets, 2, { weightGradient: false }).mul(weights).sum();
    expect(gradientError(f, { hidden })).toBeLessThan(TOLERANCE);
    expect(valueAndGrads(f, { hidden, weight }).grads).not.toHaveProperty("weight");
  });

  it("for a linear layer with bias and adapters", () => {
    const w = random([4, 3], 7);
    const bias = random([4], 8);
    const x = random([2, 2, 3], 9);
    const base = { weights: { "l.weight": w, "l.bias": bias } };
    let draws = 0;
    const uniform = { next: () => (draws++ * 0.37) % 1 };
    const adapter = createAdapter({ paths: ["l"], params: base, rank: 2, alpha: 4, random: uniform });
    const { a, b } = adapter.pairs.l ?? expect.fail();
    b.assign(tf.randomNormal([4, 2], 0, 0.5, "float32", 10));
    const f = () =>
      linear({ ...base, adapters: [adapter] }, "l", x)
        .square()
        .sum()
        .div(8);
    expect(gradientError(f, { w, bias, x, a, b })).toBeLessThan(TOLERANCE);
  });
});

describe("memory", () => {
  it("is released after a gradient through a chunked pass", () => {
    const hidden = tf.variable(tf.ones([5, 3]));
    const weight = tf.variable(tf.ones([4, 3]));
    const targets = tf.tensor1d([0, 1, 2, 3, 0], "int32");
    const run = () =>
      tf.tidy(() => {
        valueAndGrads(() => chunkedLogProb(hidden, weight, targets, 2).sum(), { hidden, weight });
      });
    run();
    const before = tf.memory().numTensors;
    run();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("asks for at least one row at a time", () => {
    const { hidden, weight, targets } = textCase();
    expect(() => chunkedLogProb(hidden, weight, targets, 0)).toThrow(
      expect.objectContaining({ code: "EASEL_ENGINE_CHUNK_SIZE" }),
    );
  });
});
