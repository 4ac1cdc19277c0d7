// Golden numbers from PyTorch: fixtures/grpo-arithmetic.json, extracted by fixtures/extract.mjs (origin named there).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cosineWithWarmup, groupAdvantages, k3, policyLoss } from "./index.js";

type Stored = { shape: number[]; values: number[] };
const { tensors } = JSON.parse(
  readFileSync(new URL("../fixtures/grpo-arithmetic.json", import.meta.url), "utf8"),
) as { tensors: Record<string, Stored> };

function rows(name: string): number[][] {
  const { shape, values } = tensors[name]!;
  const width = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, i) => values.slice(i * width, (i + 1) * width));
}
const scalar = (name: string) => tensors[name]!.values[0]!;
const counts = (name: string, i: number, t: number) => rows(name)[i]![t] === 1;

function expectClose(actual: readonly ArrayLike<number>[], expected: number[][], tolerance: number) {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    for (let t = 0; t < expected[i]!.length; t++) {
      worst = Math.max(worst, Math.abs(actual[i]![t]! - expected[i]![t]!));
    }
  }
  expect(worst).toBeLessThan(tolerance);
}

const input = {
  logProbs: rows("logp"),
  oldLogProbs: rows("logp_old"),
  referenceLogProbs: rows("logp_ref"),
  mask: rows("mask"),
  advantages: tensors.advantages!.values,
};

describe("against PyTorch", () => {
  test("advantages use Bessel's correction, and a tied group gives exactly 0", () => {
    const { advantages } = groupAdvantages(rows("rewards"));
    expectClose(advantages, rows("advantages"), 2e-6);
    expect(advantages.some((group) => group.every((value) => value === 0))).toBe(true);
    const population = rows("advantages_population_std");
    expect(Math.abs(advantages[0]![2]! - population[0]![2]!)).toBeGreaterThan(0.1);
  });

  test("k3 per token", () => {
    const mine = input.logProbs.map((row, i) => row.map((l, t) => k3(l, input.referenceLogProbs[i]![t]!)));
    expectClose(mine, rows("kl"), 2e-6);
  });

  test("token losses, both means, their gradients, the mean divergence and the clip fraction", () => {
    const tokenMean = policyLoss(input);
    expect(tokenMean.loss).toBeCloseTo(scalar("loss_token_mean"), 6);
    expectClose(tokenMean.gradient, rows("grad_token_mean"), 1e-8);
    const expectedToken = rows("per_token_loss").map((row, i) =>
      row.map((value, t) => (counts("mask", i, t) ? value : 0)),
    );
    expectClose(tokenMean.tokenLoss, expectedToken, 2e-6);
    expect(tokenMean.metrics.meanKl).toBeCloseTo(scalar("mean_kl"), 7);
    const { clipLowFraction, clipHighFraction } = tokenMean.metrics;
    expect(clipLowFraction + clipHighFraction).toBeCloseTo(scalar("clip_fraction"), 7);

    const sequenceMean = policyLoss(input, { aggregation: { kind: "sequenceMean" } });
    expect(sequenceMean.loss).toBeCloseTo(scalar("loss_seq_mean"), 6);
    expectClose(sequenceMean.gradient, rows("grad_seq_mean"), 1e-8);
  });

  test("one update a batch: no old log-probs, ratio 1 in value, gradient of the policy", () => {
    const { oldLogProbs: _, ...onPolicy } = input;
    const result = policyLoss(onPolicy);
    expect(result.loss).toBeCloseTo(scalar("loss_onpolicy_token_mean"), 6);
    expectClose(result.gradient, rows("grad_onpolicy_token_mean"), 1e-8);
  });

  test("the loss of a real tiny model's log-probs", () => {
    const advantages = groupAdvantages(rows("model.rewards")).advantages[0]!;
    expectClose([advantages], [tensors["model.advantages"]!.values], 2e-6);
    const result = policyLoss({
      logProbs: rows("model.logp"),
      oldLogProbs: rows("model.logp_old"),
      referenceLogProbs: rows("model.logp_ref"),
      mask: rows("model.mask"),
      advantages,
    });
    expect(Math.abs(result.loss - scalar("model.losses"))).toBeLessThan(1e-5);
  });

  test("the learning-rate factor with two warm-up steps of ten", () => {
    for (const [step, factor] of tensors.lr_factor!.values.entries()) {
      expect(cosineWithWarmup(step, { totalSteps: 10, warmupSteps: 2 })).toBeCloseTo(factor, 6);
    }
  });
});
