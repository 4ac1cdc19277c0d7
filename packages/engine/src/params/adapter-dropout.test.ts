// Dropout in front of an adapter: what it leaves out, that it changes nothing on average, and that a layer that is computed
// again leaves out the same.
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../jit/jit.js";
import { randomKey } from "../random/index.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { type AdapterDropout, droppedInput } from "./adapter-dropout.js";
import { valueAndGrads } from "./gradients.js";
import { linear } from "./linear.js";
import type { Adapter, Params } from "./params.js";
import { recomputed } from "./recomputed.js";

beforeAll(async () => {
  await startEngine({ backend: "tensorflow" });
});

const draw = (update: number, rate = 0.25): AdapterDropout => ({
  rate,
  words: { key: randomKey(5), counter: tf.tensor1d([0, update, 0, 0], "int32") },
});

const noise = (shape: [number, number], seed: number): tf.Tensor2D =>
  tf.randomNormal(shape, 0, 1, "float32", seed) as tf.Tensor2D;

function adapted(dropout?: AdapterDropout): Params {
  const pair = { a: tf.variable(noise([2, 8], 1)), b: tf.variable(noise([6, 2], 2)) };
  const adapter: Adapter = { rank: 2, alpha: 4, pairs: { layer: pair }, ...(dropout && { dropout }) };
  return { weights: { "layer.weight": noise([6, 8], 3) }, adapters: [adapter] };
}

describe("what a pair reads", () => {
  it("is 0 for the asked share of numbers, and scaled up for the others", () => {
    const found = droppedInput(tf.fill([100, 64], 3), 0, draw(1)).dataSync();
    const zeros = found.filter((value) => value === 0).length / found.length;
    expect(Math.abs(zeros - 0.25)).toBeLessThan(0.02);
    for (const value of found) if (value !== 0) expect(value).toBeCloseTo(4, 5);
  });

  it("differs between updates and between layers, and is the same for the same words", () => {
    const values = (layer: number, update: number) => [
      ...droppedInput(tf.ones([8, 8]), layer, draw(update)).dataSync(),
    ];
    expect(values(0, 1)).toEqual(values(0, 1));
    expect(values(0, 2)).not.toEqual(values(0, 1));
    expect(values(1, 1)).not.toEqual(values(0, 1));
  });
});

describe("a layer with an adapter", () => {
  it("is on average what it is without dropout; the frozen weight reads everything", () => {
    const x = noise([3, 8], 4);
    const plain = linear(adapted(), "layer", x);
    const bare = linear({ weights: adapted().weights }, "layer", x);
    const draws = Array.from({ length: 800 }, (_, update) => linear(adapted(draw(update)), "layer", x));
    const largest = (y: tf.Tensor): number => tf.max(tf.abs(y)).dataSync()[0] ?? Number.NaN;
    const mean = tf.div(tf.addN(draws), draws.length);
    expect(largest(tf.sub(mean, plain))).toBeLessThan(0.1 * largest(tf.sub(plain, bare)));
    expect(largest(tf.sub(draws[0] ?? plain, plain))).toBeGreaterThan(0.1);
    // With almost everything left out, what remains is the frozen weight's part.
    const none = linear(adapted(draw(1, 1 - 1e-7)), "layer", x);
    expect(largest(tf.sub(none, bare))).toBeLessThan(1e-5);
  });

  it.each(["eager", "graph", "xla"] as const)(
    "leaves out the same when it is computed again for its gradients (%s)",
    async (mode) => {
      const params = adapted();
      const [adapter] = params.adapters ?? [];
      const pair = adapter?.pairs.layer ?? expect.fail();
      const variables = { a: pair.a as tf.Variable, b: pair.b as tf.Variable };
      const x = noise([3, 8], 4);
      const words = draw(7).words;
      const run = (again: boolean) => {
        const step = (key: tf.Tensor, counter: tf.Tensor) => {
          const noisy = { ...adapter, dropout: { rate: 0.25, words: { key, counter } } } as Adapter;
          const block = (input: tf.Tensor) =>
            tf.tanh(linear({ ...params, adapters: [noisy] }, "layer", input));
          const { grads } = valueAndGrads(
            () => tf.sum(tf.square(again ? recomputed(block, [x], variables) : block(x))),
            variables,
          );
          return grads as Record<string, tf.Tensor>;
        };
        const result = (mode === "eager" ? step : jit(step, { compile: mode }))(words.key, words.counter);
        return [...(result.a?.dataSync() ?? []), ...(result.b?.dataSync() ?? [])];
      };
      const kept = run(false);
      expect(kept.some((value) => value !== 0)).toBe(true);
      const found = run(true);
      for (const [i, value] of kept.entries()) expect(found[i]).toBeCloseTo(value, 4);
    },
  );
});
