// Top-k and top-p in the draw and in the log-prob pass, against PyTorch (fixtures/README.md), eagerly and compiled.
import { readFileSync } from "node:fs";
import { jit, startEngine, tf, valueAndGrads } from "@easel/engine";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { inverseCdf } from "../sampler/inverse-cdf.js";
import { targetLogProbs } from "./target-log-probs.js";
import { checkTruncation, type Truncation, truncatedLogits } from "./truncation.js";

type Case = {
  readonly settings: Truncation & { readonly temperature: number };
  readonly logits: number[][];
  readonly uniforms: number[];
  readonly ids: number[];
  readonly logProbs: number[];
  readonly entropies: number[];
  readonly kept: number[];
};
const cases: Case[] = JSON.parse(
  readFileSync(new URL("../../fixtures/truncation-golden.json", import.meta.url), "utf8"),
);
const native = process.env.EASEL_TENSORFLOW_DIR !== undefined;

beforeAll(async () => {
  await startEngine({ backend: native ? "tensorflow" : "cpu" });
});

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] ?? Number.NaN) - value)).toBeLessThan(tolerance);
  });
}

describe.each(cases)("truncation $settings", ({ settings, ...expected }) => {
  const { temperature, ...truncation } = settings;

  it("keeps as many tokens as PyTorch", () => {
    const cut = truncatedLogits(tf.div(tf.tensor2d(expected.logits), temperature), truncation);
    const kept = tf.sum(tf.cast(tf.greater(cut, -1e20), "int32"), 1);
    expect([...kept.dataSync()]).toEqual(expected.kept);
  });

  it.skipIf(!native)("draws PyTorch's ids with its log-probs, compiled by XLA as eagerly", () => {
    const draw = (logits: tf.Tensor, uniform: tf.Tensor) =>
      inverseCdf(logits, uniform, { temperature, truncation, entropy: true });
    for (const f of [draw, jit(draw, { name: "draw", compile: "xla" })]) {
      const drawn = f(tf.tensor2d(expected.logits), tf.tensor1d(expected.uniforms));
      expect([...drawn.ids.dataSync()]).toEqual(expected.ids);
      expectClose(drawn.logProbs.dataSync(), expected.logProbs, 1e-5);
      expectClose(drawn.entropy?.dataSync() ?? [], expected.entropies, 2e-5);
    }
  });

  it("gives the drawn ids the same log-probs in the log-prob pass", () => {
    const targets = tf.tensor1d(expected.ids, "int32");
    const passed = targetLogProbs(tf.tensor2d(expected.logits), targets, temperature, truncation);
    expectClose(passed.logProbs.dataSync(), expected.logProbs, 1e-5);
    expectClose(passed.entropy.dataSync(), expected.entropies, 2e-5);
  });
});

describe("truncated distributions", () => {
  const logitsOf = (seed: number): tf.Tensor2D =>
    tf.tensor2d([Array.from({ length: 30 }, (_, i) => 4 * Math.sin(i * 12.9898 + seed))]);

  it("keep the likeliest, fewer for a smaller top-k and top-p, and always one", () => {
    const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(100), fc.integer({ min: 1, max: 40 }), share, share, (seed, topK, p, q) => {
        const kept = (truncation: Truncation) =>
          tf.tidy(() => [...truncatedLogits(logitsOf(seed), truncation).dataSync()].map((x) => x > -1e20));
        const logits = logitsOf(seed).dataSync();
        const [small, large] = [kept({ topK, topP: Math.min(p, q) }), kept({ topK, topP: Math.max(p, q) })];
        const count = small.filter(Boolean).length;
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(topK);
        small.forEach((isKept, i) => {
          if (isKept) expect(large[i]).toBe(true);
        });
        const least = Math.min(...logits.filter((_, i) => small[i]));
        logits.forEach((x, i) => {
          expect(small[i]).toBe(x >= least);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("keep tokens that are as likely as the last one kept", () => {
    const cut = truncatedLogits(tf.tensor2d([[1, 3, 2, 2, 2, 0]]), { topK: 2 });
    expect([...cut.dataSync()].map((x) => x > -1e20)).toEqual([false, true, true, true, true, false]);
  });

  it("send gradients to kept tokens only, and those add up to nothing", () => {
    const logits = tf.variable(logitsOf(3));
    const target = tf.argMax(logits, 1).toInt();
    const { grads } = valueAndGrads(() => tf.sum(targetLogProbs(logits, target, 1, { topK: 4 }).logProbs), {
      logits,
    });
    const gradient = [...(grads.logits?.dataSync() ?? [])];
    expect(gradient.filter((x) => x !== 0)).toHaveLength(4);
    expect(gradient.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 6);
  });

  it("give a token that is not kept a finite log-prob that no kept one has", () => {
    const least = tf.argMin(logitsOf(3), 1).toInt();
    const { logProbs, entropy } = targetLogProbs(logitsOf(3), least, 1, { topP: 0.5 });
    expect(logProbs.dataSync()[0]).toBeLessThan(-1e20);
    expect(Number.isFinite(entropy.dataSync()[0])).toBe(true);
  });

  it.each([{ topK: 0 }, { topK: 1.5 }, { topP: 0 }, { topP: 1.1 }, { topP: Number.NaN }])(
    "are refused for %j",
    (truncation) => {
      expect(() => checkTruncation({ image: truncation })).toThrow(
        expect.objectContaining({ code: "EASEL_JANUS_TRUNCATION" }),
      );
    },
  );
});
