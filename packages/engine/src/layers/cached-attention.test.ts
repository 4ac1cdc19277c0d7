// Attention over a cache, on each path, against plain arithmetic in double precision.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../jit/jit.js";
import { loop } from "../jit/loop.js";
import type { CompileMode } from "../jit/trace.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { type CachedPairs, cachedAttention, sharePrefix } from "./cached-attention.js";

beforeAll(async () => {
  await startEngine({ threads: 2 });
});

type Case = {
  readonly rows: number;
  readonly heads: number;
  readonly share: number;
  readonly slots: number;
  readonly width: number;
  readonly prefixes: number;
  readonly prefixSlots: number;
  /** Of each row. */
  readonly prefixOf: readonly number[];
  readonly first: readonly number[];
  readonly last: number;
  readonly seed: number;
};

// Widths with loops of their own in the kernel, and others. A row may see nothing of its prefix.
const caseOf: fc.Arbitrary<Case> = fc
  .record({
    rows: fc.integer({ min: 1, max: 19 }),
    heads: fc.integer({ min: 1, max: 3 }),
    share: fc.integer({ min: 1, max: 3 }),
    slots: fc.integer({ min: 1, max: 40 }),
    width: fc.constantFrom(1, 7, 32, 64, 100, 128),
    prefixes: fc.integer({ min: 1, max: 4 }),
    prefixSlots: fc.integer({ min: 1, max: 40 }),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .chain((sizes) => {
    const perRow = (max: number): fc.Arbitrary<number[]> =>
      fc.array(fc.integer({ min: 0, max }), { minLength: sizes.rows, maxLength: sizes.rows });
    return fc
      .tuple(
        fc.integer({ min: 0, max: sizes.slots - 1 }),
        perRow(sizes.prefixes - 1),
        perRow(sizes.prefixSlots),
      )
      .map(([last, prefixOf, first]) => ({ ...sizes, last, prefixOf, first }));
  });

type Inputs = {
  readonly queries: tf.Tensor;
  readonly own: CachedPairs;
  readonly last: tf.Tensor;
  readonly prefix: CachedPairs;
  readonly ofRow: tf.Tensor;
  readonly first: tf.Tensor;
};

function tensors(c: Case): Inputs {
  const drawn = (shape: number[], salt: number): tf.Tensor =>
    tf.randomNormal(shape, 0, 1, "float32", c.seed * 7 + salt);
  const own = [c.rows, c.heads, c.slots, c.width];
  const prefix = [c.prefixes, c.heads, c.prefixSlots, c.width];
  return {
    queries: drawn([c.rows, c.heads, c.share, c.width], 1),
    own: { keys: drawn(own, 2), values: drawn(own, 3) },
    last: tf.scalar(c.last, "int32"),
    prefix: { keys: drawn(prefix, 4), values: drawn(prefix, 5) },
    ofRow: tf.tensor1d([...c.prefixOf], "int32"),
    first: tf.tensor1d([...c.first], "int32"),
  };
}

const attend = ({ queries, own, last, prefix, ofRow, first }: Inputs): tf.Tensor =>
  cachedAttention(queries, own, last, sharePrefix(prefix, { ofRow, first }));

function expected(c: Case, { queries, own, prefix }: Inputs): number[] {
  const numbers = (x: tf.Tensor): number[] => Array.from(x.dataSync());
  const [q, ownKeys, ownValues] = [queries, own.keys, own.values].map(numbers) as [
    number[],
    number[],
    number[],
  ];
  const [prefixKeys, prefixValues] = [prefix.keys, prefix.values].map(numbers) as [number[], number[]];
  const { rows, heads, share, slots, width, prefixSlots } = c;
  const vector = (x: number[], at: number): number[] => x.slice(at * width, (at + 1) * width);
  const result: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let query = row * heads * share; query < (row + 1) * heads * share; query++) {
      const head = Math.floor(query / share) % heads;
      const seen: { readonly key: number[]; readonly value: number[] }[] = [];
      for (let slot = c.first[row] ?? 0; slot < prefixSlots; slot++) {
        const at = ((c.prefixOf[row] ?? 0) * heads + head) * prefixSlots + slot;
        seen.push({ key: vector(prefixKeys, at), value: vector(prefixValues, at) });
      }
      for (let slot = 0; slot <= c.last; slot++) {
        const at = (row * heads + head) * slots + slot;
        seen.push({ key: vector(ownKeys, at), value: vector(ownValues, at) });
      }
      const own = vector(q, query);
      const scores = seen.map(({ key }) => key.reduce((sum, x, d) => sum + x * (own[d] ?? 0), 0));
      const largest = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - largest));
      const total = shares.reduce((a, b) => a + b, 0);
      for (let d = 0; d < width; d++) {
        result.push(
          seen.reduce((sum, { value }, i) => sum + ((shares[i] ?? 0) / total) * (value[d] ?? 0), 0),
        );
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

const plain: Case = {
  rows: 2,
  heads: 1,
  share: 1,
  slots: 3,
  width: 32,
  prefixes: 2,
  prefixSlots: 4,
  prefixOf: [0, 1],
  first: [0, 0],
  last: 2,
  seed: 1,
};

describe("cachedAttention", () => {
  it.each<[CompileMode | "eager", number]>([
    ["xla", 10],
    ["graph", 10],
    ["eager", 25],
  ])("%s: equals plain arithmetic, whatever is visible", async (path, numRuns) => {
    const property = fc.asyncProperty(caseOf, async (example) => {
      const inputs = tensors(example);
      const compiled = path === "eager" ? null : jit(attend, { compile: path });
      const result = await (compiled === null ? attend(inputs) : compiled.async(inputs));
      expect(difference(result, expected(example, inputs))).toBeLessThan(2e-5);
      compiled?.dispose();
      tf.dispose([result]);
      tf.dispose(inputs);
    });
    await fc.assert(property, { numRuns });
  });

  it("prepared outside of a loop, it is the same in each of its steps", async () => {
    const example = { ...plain, rows: 5, slots: 4, prefixOf: [0, 1, 1, 0, 1], first: [0, 3, 1, 2, 4] };
    const inputs = tensors(example);
    const repeated = (given: Inputs): tf.Tensor => {
      const prefix = sharePrefix(given.prefix, given);
      return loop({
        state: { step: tf.scalar(0, "int32") as tf.Tensor, out: tf.zerosLike(given.queries) },
        while: ({ step }) => tf.less(step, tf.scalar(4, "int32")),
        body: ({ step }) => ({
          step: tf.add(step, tf.scalar(1, "int32")),
          out: cachedAttention(given.queries, given.own, step, prefix),
        }),
      }).out;
    };
    for (const compile of ["xla", "graph"] as const) {
      const compiled = jit(repeated, { compile });
      const wanted = expected({ ...example, last: 3 }, inputs);
      expect(difference(await compiled.async(inputs), wanted)).toBeLessThan(2e-5);
      compiled.dispose();
    }
  });

  it("under XLA it is the addon's kernel, and gives the same bits again", async () => {
    const rows = Array.from({ length: 64 }, (_, row) => row);
    const inputs = tensors({
      ...plain,
      rows: 64,
      heads: 4,
      share: 2,
      slots: 33,
      last: 30,
      prefixOf: rows.map((row) => row % 2),
      first: rows.map((row) => row % 5),
    });
    const compiled = jit(attend, { compile: "xla" });
    const [once, again] = [await compiled.async(inputs), await compiled.async(inputs)];
    expect(compiled.explain()).toContain("XlaCustomCallV2");
    expect(Array.from(again.dataSync())).toEqual(Array.from(once.dataSync()));
    compiled.dispose();
  });

  it("large scores neither overflow nor lose the largest, wherever it is", async () => {
    const compiled = jit(attend, { compile: "xla" });
    const pairs = (sign: number, value: number): CachedPairs => ({
      keys: tf.concat([tf.fill([1, 1, 1, 32], -100), tf.fill([1, 1, 1, 32], sign * 100)], 2),
      values: tf.concat([tf.fill([1, 1, 1, 32], 3), tf.fill([1, 1, 1, 32], value)], 2),
    });
    for (const [own, before] of [
      [1, -1],
      [-1, 1],
    ] as const) {
      const result = await compiled.async({
        queries: tf.fill([1, 1, 1, 32], 100),
        own: pairs(own, own > 0 ? 4 : 5),
        last: tf.scalar(1, "int32"),
        prefix: pairs(before, before > 0 ? 4 : 5),
        ofRow: tf.tensor1d([0], "int32"),
        first: tf.tensor1d([0], "int32"),
      });
      expect(Array.from(result.dataSync())).toEqual(new Array(32).fill(4));
    }
    compiled.dispose();
  });

  it("refuses shapes and dtypes that do not fit, and gradients", () => {
    const inputs = tensors(plain);
    const refused = expect.objectContaining({ code: "EASEL_ENGINE_CACHE_SHAPE" });
    const wider = tf.zeros([2, 1, 3, 33]);
    const faults: Partial<Inputs>[] = [
      { own: { ...inputs.own, keys: wider } },
      { prefix: { keys: wider, values: wider } },
      { prefix: { ...inputs.prefix, keys: wider } },
      { first: tf.zeros([3], "int32") },
      { ofRow: tf.zeros([2]) },
      { ofRow: tf.zeros([3], "int32"), first: tf.zeros([3], "int32") },
      { last: tf.scalar(2) },
    ];
    for (const fault of faults) expect(() => attend({ ...inputs, ...fault })).toThrow(refused);
    expect(() => tf.grad((queries) => attend({ ...inputs, queries }))(inputs.queries)).toThrow(
      expect.objectContaining({ code: "EASEL_ENGINE_NO_GRADIENT" }),
    );
  });
});
