// Random numbers in every way of running: the published words, the same numbers everywhere, the right distribution.
// Known answers: `kat_vectors` of the Random123 library. Normal quantiles: fixtures/make_normal_golden.py.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { jit } from "../jit/jit.js";
import { loop } from "../jit/loop.js";
import { memory } from "../memory.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { type RandomWords, randomBits, randomKey, randomNormal, randomUniform } from "./index.js";
import { normalTable } from "./normal-table.js";
import { philoxWords } from "./philox.js";

const known: readonly { counter: number[]; key: number[]; words: number[] }[] = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [-1, -1, -1, -1],
    key: [-1, -1],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

const ints = (values: readonly number[]): tf.Tensor => tf.tensor1d(Int32Array.from(values), "int32");
const wordsOf = (key: readonly number[], counter: readonly number[]): RandomWords => ({
  key: ints(key),
  counter: ints(counter),
});
const read = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

beforeAll(async () => {
  await startEngine();
});

describe("words", () => {
  test.each(known)("are the published ones at $counter", ({ counter, key, words }) => {
    const wanted = words.map((word) => word | 0);
    expect(Array.from(philoxWords(Int32Array.from(key), Int32Array.from(counter), 4))).toEqual(wanted);
    const draw = (at: RandomWords): tf.Tensor => randomBits([4], at);
    const at = wordsOf(key, counter);
    expect(read(draw(at))).toEqual(wanted);
    expect(read(jit(draw)(at))).toEqual(wanted);
    expect(read(jit(draw, { compile: "xla" })(at))).toEqual(wanted);
  });

  test("JavaScript and TensorFlow agree for any key and counter, also where the counter carries", () => {
    const word = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constant(-1));
    const draw = jit((at: RandomWords) => randomBits([11], at));
    fc.assert(
      fc.property(fc.tuple(word, word), fc.tuple(word, word, word, word), (key, counter) => {
        const drawn = philoxWords(Int32Array.from(key), Int32Array.from(counter), 11);
        const words = draw(wordsOf(key, counter));
        expect(read(words)).toEqual(Array.from(drawn));
        words.dispose();
      }),
    );
  });
});

describe.each([
  ["uniform", randomUniform],
  ["normal", randomNormal],
] as const)("%s numbers", (_, draw) => {
  const shape = [3, 5, 37];
  const at = (): RandomWords => ({ key: randomKey(2 ** 40 + 7), counter: ints([0, 5, -9, 1]) });

  test("are bit for bit the same eagerly, in a graph and under XLA", () => {
    const eager = read(draw(shape, at()));
    const f = (words: RandomWords): tf.Tensor => draw(shape, words);
    expect(read(jit(f)(at()))).toEqual(eager);
    expect(read(jit(f, { compile: "xla" })(at()))).toEqual(eager);
    expect(new Set(eager).size).toBeGreaterThan(500);
  });

  test("change with key and counter, which a call may change without a new trace", () => {
    let traces = 0;
    const f = jit((words: RandomWords) => {
      traces++;
      return draw([8], words);
    });
    const seen = new Set<string>();
    for (const seed of [1, 2, 2 ** 32 + 1])
      for (const step of [0, 1]) {
        for (const sample of [0, 1]) {
          seen.add(read(f({ key: randomKey(seed), counter: ints([0, step, sample, 0]) })).join());
        }
      }
    expect([seen.size, traces]).toEqual([12, 1]);
  });

  test.each(["graph", "xla"] as const)("a loop draws its own at each step, under %s", (compile) => {
    const int = (value: number): tf.Scalar => tf.scalar(value, "int32");
    const sum = (key: tf.Tensor): tf.Tensor =>
      loop({
        state: { i: int(0) as tf.Tensor, out: tf.zeros([6]) as tf.Tensor },
        while: (s) => s.i.less(int(3)),
        body: (s) => {
          const counter = tf.stack([int(0), s.i, int(0), int(0)]);
          return { i: s.i.add(int(1)), out: s.out.mul(2).add(draw([6], { key, counter })) };
        },
      }).out;
    expect(read(jit(sum, { compile })(randomKey(3)))).toEqual(read(sum(randomKey(3))));
  });

  test("leave nothing behind", () => {
    const words = at();
    const f = jit((w: RandomWords) => draw([8], w));
    const once = (): void => tf.dispose([draw([8], words), f(words)]);
    once();
    const before = memory();
    for (let i = 0; i < 50; i++) once();
    const after = memory();
    expect([after.tensors, after.handles]).toEqual([before.tensors, before.handles]);
  });
});

describe("distributions, over 2^18 numbers", () => {
  const count = 2 ** 18;
  const words = (): RandomWords => ({ key: randomKey(11), counter: ints([0, 0, 0, 0]) });

  test("uniform: all of [0,1) alike", () => {
    const drawn = randomUniform([count], words()).dataSync();
    const bins = new Array<number>(64).fill(0);
    for (const u of drawn) bins[Math.floor(u * 64)] = (bins[Math.floor(u * 64)] as number) + 1;
    const chiSquare = bins.reduce((sum, n) => sum + (n - count / 64) ** 2 / (count / 64), 0);
    expect(bins).toHaveLength(64);
    expect(chiSquare).toBeLessThan(103.4); // 0.1 % point at 63 degrees of freedom
  });

  test("normal: moments, tails, and neighbours that have nothing to do with each other", () => {
    const z = randomNormal([count], words()).dataSync() as Float32Array;
    const mean = (f: (x: number, i: number) => number): number =>
      z.reduce((sum: number, x: number, i: number) => sum + f(x, i), 0) / count;
    const deviations = (moment: number, wanted: number, variance: number): number =>
      Math.abs(moment - wanted) / Math.sqrt(variance / count);
    const limit = 3.9; // 0.01 % of normal numbers lie outside
    expect(
      deviations(
        mean((x) => x),
        0,
        1,
      ),
    ).toBeLessThan(limit);
    expect(
      deviations(
        mean((x) => x * x),
        1,
        2,
      ),
    ).toBeLessThan(limit);
    expect(
      deviations(
        mean((x) => x ** 3),
        0,
        15,
      ),
    ).toBeLessThan(limit);
    expect(
      deviations(
        mean((x) => x ** 4),
        3,
        96,
      ),
    ).toBeLessThan(limit);
    expect(
      deviations(
        mean((x, i) => x * (z[(i + 1) % count] as number)),
        0,
        1,
      ),
    ).toBeLessThan(limit);
    const tail = 2 * 0.0013499; // beyond three standard deviations
    expect(
      deviations(
        mean((x) => (Math.abs(x) > 3 ? 1 : 0)),
        tail,
        tail,
      ),
    ).toBeLessThan(limit);
  });
});

test("the table of normal quantiles agrees with an independent implementation", () => {
  const golden = JSON.parse(
    readFileSync(new URL("../../fixtures/normal-golden.json", import.meta.url), "utf8"),
  ) as { readonly index: number; readonly quantile: number }[];
  const table = normalTable();
  expect(golden.length).toBeGreaterThan(100);
  for (const { index, quantile } of golden) {
    expect(Math.abs((table[index] as number) / 2 ** 22 - quantile)).toBeLessThan(2 ** -22);
  }
});

test("keys and counters of another form are refused", () => {
  const code = "EASEL_ENGINE_RANDOM_KEY";
  expect(() => randomKey(-1)).toThrowError(expect.objectContaining({ code }));
  expect(() => randomKey(0.5)).toThrowError(expect.objectContaining({ code }));
  expect(() => randomUniform([2], { key: ints([1]), counter: ints([0, 0, 0, 0]) })).toThrowError(
    expect.objectContaining({ code }),
  );
  expect(() => randomUniform([2], { key: randomKey(1), counter: tf.zeros([4]) })).toThrowError(
    expect.objectContaining({ code }),
  );
});
