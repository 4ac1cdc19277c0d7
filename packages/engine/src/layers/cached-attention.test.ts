// Attention over a cache, on each path, against plain arithmetic in double precision.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../jit/jit.js";
import type { CompileMode } from "../jit/trace.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { cachedAttention } from "./cached-attention.js";

beforeAll(async () => {
  await startEngine({ threads: 2 });
});

type Case = {
  readonly rows: number;
  readonly heads: number;
  readonly share: number;
  readonly slots: number;
  readonly width: number;
  readonly first: readonly number[];
  readonly last: number;
  readonly seed: number;
};

// Widths with loops of their own in the kernel, and others.
const caseOf: fc.Arbitrary<Case> = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    heads: fc.integer({ min: 1, max: 3 }),
    share: fc.integer({ min: 1, max: 3 }),
    slots: fc.integer({ min: 1, max: 40 }),
    width: fc.constantFrom(1, 7, 32, 64, 100, 128),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .chain((sizes) =>
    fc
      .integer({ min: 0, max: sizes.slots - 1 })
      .chain((last) =>
        fc
          .array(fc.integer({ min: 0, max: last }), { minLength: sizes.rows, maxLength: sizes.rows })
          .map((first) => ({ ...sizes, first, last })),
      ),
  );

function tensors({ rows, heads, share, slots, width, first, last, seed }: Case): tf.Tensor[] {
  const drawn = (shape: number[], salt: number): tf.Tensor =>
    tf.randomNormal(shape, 0, 1, "float32", seed * 7 + salt);
  return [
    drawn([rows, heads, share, width], 1),
    drawn([rows, heads, slots, width], 2),
    drawn([rows, heads, slots, width], 3),
    tf.tensor1d([...first], "int32"),
    tf.scalar(last, "int32"),
  ];
}

const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, first: tf.Tensor, last: tf.Tensor): tf.Tensor =>
  cachedAttention(q, k, v, { first, last });

function expected({ rows, heads, share, slots, width, first, last }: Case, inputs: tf.Tensor[]): number[] {
  const [q = [], k = [], v = []] = inputs.slice(0, 3).map((x) => Array.from(x.dataSync()));
  const result: number[] = [];
  for (let pair = 0; pair < rows * heads; pair++) {
    const from = first[Math.floor(pair / heads)] ?? 0;
    const at = (x: number[], slot: number, d: number): number => x[(pair * slots + slot) * width + d] ?? 0;
    for (let query = pair * share; query < (pair + 1) * share; query++) {
      const weights: number[] = [];
      for (let slot = from; slot <= last; slot++) {
        let score = 0;
        for (let d = 0; d < width; d++) score += (q[query * width + d] ?? 0) * at(k, slot, d);
        weights.push(score);
      }
      const largest = Math.max(...weights);
      const shares = weights.map((score) => Math.exp(score - largest));
      const sum = shares.reduce((a, b) => a + b, 0);
      for (let d = 0; d < width; d++) {
        result.push(shares.reduce((total, part, i) => total + (part / sum) * at(v, from + i, d), 0));
      }
    }
  }
  return result;
}

function difference(found: tf.Tensor, wanted: readonly number[]): number {
  const values = found.dataSync();
  expect(values.length).toBe(wanted.length);
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs((values[i] ?? Number.NaN) - value)), 0);
}

describe("cachedAttention", () => {
  it.each<[CompileMode | "eager", number]>([
    ["xla", 10],
    ["graph", 10],
    ["eager", 25],
  ])("%s: equals plain arithmetic, whatever is visible", async (path, numRuns) => {
    const property = fc.asyncProperty(caseOf, async (example) => {
      const inputs = tensors(example);
      const compiled = path === "eager" ? null : jit(attend, { compile: path });
      const result = await (compiled === null
        ? attend(...(inputs as Parameters<typeof attend>))
        : compiled.async(...(inputs as Parameters<typeof attend>)));
      expect(difference(result, expected(example, inputs))).toBeLessThan(2e-5);
      compiled?.dispose();
      tf.dispose([result, inputs]);
    });
    await fc.assert(property, { numRuns });
  });

  it("under XLA it is the addon's kernel, and gives the same bits again", async () => {
    const inputs = tensors({
      rows: 64,
      heads: 4,
      share: 2,
      slots: 33,
      width: 32,
      first: Array.from({ length: 64 }, (_, row) => row % 9),
      last: 30,
      seed: 5,
    }) as Parameters<typeof attend>;
    const compiled = jit(attend, { compile: "xla" });
    const [once, again] = [await compiled.async(...inputs), await compiled.async(...inputs)];
    expect(compiled.explain()).toContain("XlaCustomCallV2");
    expect(Array.from(again.dataSync())).toEqual(Array.from(once.dataSync()));
    compiled.dispose();
  });

  it("large scores neither overflow nor lose the largest", async () => {
    const compiled = jit(attend, { compile: "xla" });
    const q = tf.fill([1, 1, 1, 32], 100);
    const k = tf.concat([tf.fill([1, 1, 1, 32], -100), tf.fill([1, 1, 1, 32], 100)], 2);
    const v = tf.concat([tf.fill([1, 1, 1, 32], 3), tf.fill([1, 1, 1, 32], 4)], 2);
    const result = await compiled.async(q, k, v, tf.tensor1d([0], "int32"), tf.scalar(1, "int32"));
    expect(Array.from(result.dataSync())).toEqual(new Array(32).fill(4));
    compiled.dispose();
  });

  it("refuses shapes and dtypes that do not fit, and gradients", () => {
    const [q, k, v, first, last] = tensors({
      rows: 2,
      heads: 1,
      share: 1,
      slots: 3,
      width: 4,
      first: [0, 0],
      last: 2,
      seed: 1,
    }) as Parameters<typeof attend>;
    const refused = expect.objectContaining({ code: "EASEL_ENGINE_CACHE_SHAPE" });
    expect(() => attend(q, tf.zeros([2, 1, 3, 5]), v, first, last)).toThrow(refused);
    expect(() => attend(q, k, v, tf.zeros([3], "int32"), last)).toThrow(refused);
    expect(() => attend(q, k, v, first, tf.scalar(2))).toThrow(refused);
    expect(() => tf.grad((x) => attend(x, k, v, first, last))(q)).toThrow(
      expect.objectContaining({ code: "EASEL_ENGINE_NO_GRADIENT" }),
    );
  });
});
