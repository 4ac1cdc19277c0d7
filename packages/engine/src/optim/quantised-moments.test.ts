// 8-bit moments: the quantiser against NumPy (fixtures/README.md), and AdamW with them against AdamW without.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../jit/jit.js";
import { memory } from "../memory.js";
import { assignVariables, variablesToHost } from "../params/variable-files.js";
import { decodeSafetensors } from "../safetensors/read.js";
import { encodeSafetensors } from "../safetensors/write.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { type AdamWOptions, createAdamW } from "./adamw.js";
import { BLOCK_SIZE, dequantise, type QuantisedKind, quantise } from "./block-quantisation.js";

type Golden = {
  readonly kind: QuantisedKind;
  readonly step: number;
  readonly values: number[];
  readonly codes: number[];
  readonly scales: number[];
  readonly decoded: number[];
};
const golden: Golden[] = JSON.parse(
  readFileSync(new URL("../../fixtures/quantisation-golden.json", import.meta.url), "utf8"),
);

beforeAll(async () => {
  await startEngine({ backend: "tensorflow" });
});

function roundTrip(values: readonly number[], kind: QuantisedKind, step: number): number[] {
  return tf.tidy(() => {
    const quantised = quantise(tf.tensor1d([...values]), kind, tf.scalar(step));
    return [...dequantise(quantised, kind, [values.length]).dataSync()];
  });
}

describe("8-bit blocks", () => {
  it.each(golden)("are NumPy's: $kind, step $step", ({ kind, step, values, codes, scales, decoded }) => {
    const quantised = quantise(tf.tensor1d(values), kind, tf.scalar(step));
    expect([...quantised.codes.dataSync()]).toEqual(codes);
    expect([...quantised.scales.dataSync()]).toEqual(scales);
    const back = dequantise(quantised, kind, [values.length]).dataSync();
    decoded.forEach((value, i) => {
      expect(Math.abs((back[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(2e-6 * Math.abs(value));
    });
  });

  it("keep signs and zeros, and every value within its level's distance", () => {
    const size = fc.double({ min: 1e-20, max: 1e3, noNaN: true });
    const value = fc.oneof(
      fc.constant(0),
      size,
      size.map((x) => -x),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 600 }), fc.nat(10_000), (drawn, step) => {
        const values = drawn.map(Math.fround);
        roundTrip(values, "signed", step).forEach((back, i) => {
          const exact = values[i] ?? Number.NaN;
          const start = BLOCK_SIZE * Math.floor(i / BLOCK_SIZE);
          const largest = Math.max(...values.slice(start, start + BLOCK_SIZE).map(Math.abs));
          expect(back * exact).toBeGreaterThanOrEqual(0);
          if (exact === 0) expect(Math.abs(back)).toBe(0);
          expect(Math.abs(back - exact)).toBeLessThanOrEqual(0.117 * Math.abs(exact) + 1.01e-6 * largest);
        });
      }),
      { numRuns: 30 },
    );
  });

  it("never read a small second moment back as 0, nor a NaN as a number", () => {
    const values = [1, ...new Array<number>(300).fill(1e-30)];
    for (const back of roundTrip(values, "positive", 3)) expect(back).toBeGreaterThan(0);
    expect(roundTrip([Number.NaN, 1], "positive", 3).some(Number.isNaN)).toBe(true);
  });

  it("follow a change far below the distance of levels", () => {
    // A moment that decays by a thousandth a step: rounding to the nearest level would hold it where it is.
    const start = Array.from({ length: 256 }, (_, i) => (i === 0 ? 1 : 0.3 + i / 1000));
    const decayed = tf.tidy(() => {
      let x: tf.Tensor = tf.tensor1d(start);
      for (let step = 1; step <= 300; step++) {
        const kept = tf.mul(x, tf.tensor1d(start.map((_, i) => (i === 0 ? 1 : 0.999))));
        x = dequantise(quantise(kept, "positive", tf.scalar(step)), "positive", [256]);
      }
      return [...x.dataSync()].slice(1).map((value, i) => value / ((start[i + 1] ?? 0) * 0.999 ** 300));
    });
    expect(decayed.reduce((sum, ratio) => sum + ratio, 0) / decayed.length).toBeCloseTo(1, 1);
    for (const ratio of decayed) expect(Math.abs(Math.log(ratio))).toBeLessThan(0.35);
  });
});

const SIZE = 5000;

/** Noisy gradients of a quadratic whose curvatures span four decades: a pure function of the weights and the step. */
function noisyGradient(w: tf.Tensor, step: number): tf.Tensor {
  return tf.tidy(() => {
    const index = tf.range(0, SIZE, 1, "float32");
    const curvature = tf.pow(10, tf.sub(tf.mul(tf.mod(index, 41), 0.1), 4));
    const noise = tf.sin(tf.add(tf.mul(index, 12.9898), step * 78.233));
    return tf.mul(curvature, tf.add(tf.sub(w, 1), noise));
  });
}

function train(options: Omit<AdamWOptions, "variables">, steps: number, compiled: boolean) {
  const w = tf.variable(tf.zeros([SIZE]));
  const optimizer = createAdamW({ variables: { w }, ...options });
  const update = (gradient: tf.Tensor) => optimizer.update({ w: gradient }, tf.scalar(0.01));
  const apply = compiled ? jit(update, { name: "apply" }) : update;
  for (let step = 1; step <= steps; step++) tf.tidy(() => void apply(noisyGradient(w, step)));
  return { w, optimizer };
}

function relativeDistance(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b)).dataSync()[0] ?? Number.NaN);
}

describe("AdamW with 8-bit moments", () => {
  it("stays close to float32 moments over 200 steps", () => {
    const wide = train({}, 200, true);
    const narrow = train({ moments: "8bit" }, 200, true);
    expect(relativeDistance(narrow.w, wide.w)).toBeLessThan(0.025);
    const worst = tf.max(tf.abs(tf.sub(narrow.w, wide.w))).dataSync()[0];
    // 200 steps of 0.01 move a weight by up to 2.
    expect(worst).toBeLessThan(0.1);
  });

  it("computes the same eagerly as in one graph", () => {
    const [eager, graph] = [train({ moments: "8bit" }, 3, false), train({ moments: "8bit" }, 3, true)];
    expect(relativeDistance(eager.w, graph.w)).toBeLessThan(1e-5);
  });

  it("goes on from a saved file bit by bit as if it had not stopped", async () => {
    const whole = train({ moments: "8bit" }, 6, true);
    const before = train({ moments: "8bit" }, 3, true);
    const file = encodeSafetensors(await variablesToHost(before.optimizer.state));
    const w = tf.variable(before.w.clone());
    const optimizer = createAdamW({ variables: { w }, moments: "8bit" });
    assignVariables(optimizer.state, decodeSafetensors(file, "state").tensors);
    const apply = jit((g: tf.Tensor) => optimizer.update({ w: g }, tf.scalar(0.01)), { name: "apply" });
    for (let step = 4; step <= 6; step++) apply(noisyGradient(w, step));
    expect([...w.dataSync()]).toEqual([...whole.w.dataSync()]);
  });

  it("refuses a state that was saved with float32 moments", async () => {
    const saved = await variablesToHost(train({}, 1, false).optimizer.state);
    const { optimizer } = train({ moments: "8bit" }, 1, false);
    expect(() => assignVariables(optimizer.state, saved)).toThrow(
      expect.objectContaining({ code: "EASEL_ENGINE_STATE_MISMATCH" }),
    );
  });

  it("keeps about a quarter of the bytes, in memory and in files; small variables stay float32", async () => {
    const variables = {
      matrix: tf.variable(tf.zeros([512, 1024])),
      gain: tf.variable(tf.zeros([1024])),
    };
    const bytesOf = async (moments: "f32" | "8bit") => {
      const before = memory();
      const optimizer = createAdamW({ variables, moments });
      // Values reach the native side when they are first used.
      tf.tidy(() => optimizer.update({ matrix: tf.ones([512, 1024]), gain: tf.ones([1024]) }, 0));
      const held = memory().sizeBytes - before.sizeBytes;
      const file = encodeSafetensors(await variablesToHost(optimizer.state)).length;
      const names = Object.keys(optimizer.state);
      optimizer.dispose();
      expect(memory().tensors).toBe(before.tensors);
      return { held, file, names };
    };
    await bytesOf("f32");
    const [wide, narrow] = [await bytesOf("f32"), await bytesOf("8bit")];
    expect(wide.held).toBeGreaterThanOrEqual(8 * 512 * 1024);
    expect(narrow.held / wide.held).toBeLessThan(0.257);
    expect(narrow.file / wide.file).toBeLessThan(0.257);
    expect(narrow.names).toContain("matrix.second_moment.codes");
    expect(narrow.names).toContain("gain.second_moment");
  });
});
