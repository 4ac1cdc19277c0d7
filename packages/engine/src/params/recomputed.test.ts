// A recomputed block gives the numbers of a plain one and keeps less memory, which is measured on the process itself.

import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../jit/jit.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { valueAndGrads } from "./gradients.js";
import { linear } from "./linear.js";
import { recomputed } from "./recomputed.js";

beforeAll(async () => {
  await startEngine({ backend: "tensorflow" });
});

type Wrap = (
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  variables: Record<string, tf.Variable>,
) => tf.Tensor;
const plain: Wrap = (f, inputs) => f(...inputs);

describe("a recomputed block", () => {
  function chain(wrap: Wrap) {
    const first = tf.variable(tf.tensor2d([0.5, -1, 2, 0.3, 0.1, 0.7], [3, 2]));
    const second = tf.variable(tf.tensor2d([1, 0.2, -0.4, 0.6, -1, 0.9], [2, 3]));
    const x = tf.variable(tf.tensor2d([1, 2, -0.5, 0.25], [2, 2]));
    const params = { weights: { "up.weight": first, "down.weight": second } };
    const block = (input: tf.Tensor, scale: tf.Tensor) =>
      tf.add(input, tf.mul(linear(params, "down", tf.tanh(linear(params, "up", input))), scale));
    return () => {
      const loss = () => {
        let h: tf.Tensor = x;
        for (let i = 0; i < 3; i++) h = wrap(block, [h, tf.square(tf.mean(h))], { first, second });
        return tf.sum(tf.square(h));
      };
      const { value, grads } = valueAndGrads(loss, { x, first, second });
      return { value, ...grads };
    };
  }

  async function numbers(result: Record<string, tf.Tensor>): Promise<Record<string, number[]>> {
    const values: Record<string, number[]> = {};
    for (const [name, tensor] of Object.entries(result)) values[name] = [...(await tensor.data())];
    return values;
  }

  it.each(["eager", "graph", "xla"] as const)(
    "has the value and gradients of a plain one (%s)",
    async (mode) => {
      const expected = await numbers(chain(plain)());
      const run = chain(recomputed);
      const actual = await numbers(mode === "eager" ? run() : jit(run, { compile: mode })());
      expect(Object.keys(actual)).toEqual(["value", "x", "first", "second"]);
      for (const [name, values] of Object.entries(expected)) {
        values.forEach((value, i) => {
          expect(actual[name]?.[i]).toBeCloseTo(value, 4);
        });
      }
    },
  );

  it("leaves no tensors behind", () => {
    const run = chain(recomputed);
    tf.tidy(() => void run());
    const before = tf.memory().numTensors;
    tf.tidy(() => void run());
    expect(tf.memory().numTensors).toBe(before);
  });

  it("keeps the memory of one block instead of all", () => {
    const [rows, width, blocks] = [1024, 4096, 12];
    const tensorMb = (rows * width * 4) / 2 ** 20;
    const variables = {
      up: tf.variable(tf.fill([width, 64], 0.01)),
      down: tf.variable(tf.fill([64, width], 0.01)),
    };
    const params = { weights: { "up.weight": variables.up, "down.weight": variables.down } };
    // Between the two products lie three wide tensors that the backward pass needs.
    const block = (x: tf.Tensor) => linear(params, "down", tf.sin(tf.cos(linear(params, "up", x))));
    const run = jit((x: tf.Tensor) => {
      const loss = () => {
        let h = x;
        for (let i = 0; i < blocks; i++) h = recomputed(block, [h], variables);
        return tf.sum(h);
      };
      return Object.values(valueAndGrads(loss, variables).grads).map((gradient) => tf.sum(gradient));
    });
    const input = (size: number) => tf.ones([size, 64]);
    run(input(2));
    const before = process.resourceUsage().maxRSS / 1024;
    run(input(rows));
    const grownMb = process.resourceUsage().maxRSS / 1024 - before;
    expect(grownMb).toBeLessThan(blocks * tensorMb);
  });
});
