// loop and dynamicUpdateSlice give the same in graph mode, under XLA, eagerly, and in plain JavaScript loops.
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { dynamicUpdateSlice } from "./dynamic-update-slice.js";
import { jit } from "./jit.js";
import { loop } from "./loop.js";

beforeAll(async () => {
  await startEngine();
});

const int = (value: number): tf.Scalar => tf.scalar(value, "int32");
const draw = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 0.5, "float32", seed);

type State = { i: tf.Tensor; token: tf.Tensor; cache: tf.Tensor; ids: tf.Tensor };

/** Greedy decoding with one attention head over a cache: rows 3, width 8, 10 steps, cache length 12. */
function decoder(steps: number): (first: tf.Tensor) => State {
  const [rows, width, length, vocabulary] = [3, 8, 12, 16];
  const embedding = draw([vocabulary, width], 1) as tf.Tensor2D;
  const head = draw([width, vocabulary], 2) as tf.Tensor2D;
  return (first) =>
    loop<State>({
      state: {
        i: int(0),
        token: first,
        cache: tf.zeros([rows, length, width]),
        ids: tf.zeros([rows, steps], "int32"),
      },
      while: (s) => s.i.less(int(steps)),
      body: (s) => {
        const x = tf.gather(embedding, s.token as tf.Tensor1D);
        const cache = dynamicUpdateSlice(s.cache, x.expandDims(1), tf.stack([int(0), s.i, int(0)]));
        const seen = tf.range(0, length, 1, "int32").lessEqual(s.i).toFloat().sub(1).mul(1e9);
        const weights = tf.softmax(
          tf.matMul(x.expandDims(1) as tf.Tensor3D, cache as tf.Tensor3D, false, true).add(seen),
        );
        const mixed = tf.matMul(weights as tf.Tensor3D, cache as tf.Tensor3D).reshape([rows, width]);
        const token = tf.argMax(tf.matMul(mixed as tf.Tensor2D, head), -1).toInt();
        const ids = dynamicUpdateSlice(s.ids, token.expandDims(1), tf.stack([int(0), s.i]));
        return { i: s.i.add(int(1)), token, cache, ids };
      },
    });
}

test("greedy decoding gives the same tokens in every way of running it", { timeout: 120_000 }, () => {
  const run = decoder(10);
  const first = tf.tensor1d([1, 2, 3], "int32");
  const eager = Array.from(run(first).ids.dataSync());
  const graph = jit(run);
  expect(Array.from(graph(first).ids.dataSync())).toEqual(eager);
  expect(Array.from(jit(run, { compile: "xla" })(first).ids.dataSync())).toEqual(eager);
  expect(new Set(eager).size).toBeGreaterThan(1);
  expect(graph.explain()).toContain("StatelessWhile 1");
});

test("loops in loops, with values of both outer levels and a variable", () => {
  const v = tf.variable(tf.scalar(2));
  const nested = (x: tf.Tensor): tf.Tensor =>
    loop({
      state: { i: int(0) as tf.Tensor, sum: x },
      while: (outer) => outer.i.less(int(3)),
      body: (outer) => {
        const inner = loop({
          state: { j: int(0) as tf.Tensor, sum: outer.sum },
          while: (s) => s.j.lessEqual(outer.i),
          body: (s) => ({ j: s.j.add(int(1)), sum: s.sum.add(v).add(x) }),
        });
        return { i: outer.i.add(int(1)), sum: inner.sum };
      },
    }).sum;
  const x = tf.scalar(1);
  expect(nested(x).dataSync()[0]).toBe(19);
  const jitted = jit(nested);
  expect(jitted(x).dataSync()[0]).toBe(19);
  v.assign(tf.scalar(0));
  expect(jitted(x).dataSync()[0]).toBe(7);
});

test("a loop that takes no step returns its state", () => {
  const f = jit((n: tf.Tensor) =>
    loop({ state: int(5) as tf.Tensor, while: (s) => s.less(n), body: (s) => s.add(int(1)) }),
  );
  expect([f(int(3)).dataSync()[0], f(int(9)).dataSync()[0]]).toEqual([5, 9]);
});

describe("refusals", () => {
  const once = (body: (s: tf.Tensor) => tf.Tensor): (() => unknown) =>
    jit(() => loop({ state: int(0) as tf.Tensor, while: (s) => s.less(int(1)), body }));

  test("a state that changes its dtype", () => {
    expect(once((s) => s.toFloat().add(1))).toThrowError(
      expect.objectContaining({ code: "EASEL_ENGINE_LOOP_STATE" }),
    );
  });

  test("a body that assigns a variable leaves the variable as it was", () => {
    const v = tf.variable(tf.scalar(1));
    const f = once((s) => {
      v.assign(tf.scalar(3));
      return s.add(int(1));
    });
    expect(f).toThrowError(expect.objectContaining({ code: "EASEL_ENGINE_LOOP_EFFECT" }));
    expect(v.dataSync()[0]).toBe(1);
  });

  test("a gradient through a loop", () => {
    const f = (x: tf.Tensor): tf.Tensor =>
      loop({ state: x, while: (s) => s.less(10), body: (s) => s.mul(2) });
    expect(() => tf.grad(f)(tf.scalar(1))).toThrowError(
      expect.objectContaining({ code: "EASEL_ENGINE_NO_GRADIENT" }),
    );
    const jitted = jit((x: tf.Tensor) => tf.grad(f)(x));
    expect(() => jitted(tf.scalar(1))).toThrowError(
      expect.objectContaining({ code: "EASEL_ENGINE_NO_GRADIENT" }),
    );
  });
});

describe("dynamicUpdateSlice", () => {
  const place = (at: tf.Tensor): tf.Tensor => dynamicUpdateSlice(tf.zeros([3, 4]), tf.ones([2, 2]), at);

  test.each([
    [[0, 0]],
    [[1, 2]],
    [[9, -4]], // clamped to [1, 0]
  ])("at %j is the same eagerly, in graph mode and under XLA", (starts) => {
    const at = tf.tensor1d(starts, "int32");
    const [row, column] = [
      Math.min(Math.max(starts[0] as number, 0), 1),
      Math.min(Math.max(starts[1] as number, 0), 2),
    ];
    const expected = Array.from({ length: 12 }, (_, i) => {
      const [r, c] = [Math.floor(i / 4), i % 4];
      return r >= row && r < row + 2 && c >= column && c < column + 2 ? 1 : 0;
    });
    expect(Array.from(place(at).dataSync())).toEqual(expected);
    expect(Array.from(jit(place)(at).dataSync())).toEqual(expected);
    expect(Array.from(jit(place, { compile: "xla" })(at).dataSync())).toEqual(expected);
  });

  test("an update that does not fit is refused with both shapes", () => {
    expect(() => dynamicUpdateSlice(tf.zeros([2]), tf.ones([3]), tf.tensor1d([0], "int32"))).toThrowError(
      /float32\[3\].*float32\[2\]/,
    );
  });
});
