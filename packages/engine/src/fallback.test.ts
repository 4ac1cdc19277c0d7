// Without the native library the same functions run eagerly, and nothing chooses that silently.
import { beforeAll, expect, test } from "vitest";
import { dynamicUpdateSlice } from "./jit/dynamic-update-slice.js";
import { jit } from "./jit/jit.js";
import { loop } from "./jit/loop.js";
import { groupNorm, upsampleNearest2x } from "./layers/index.js";
import { memory } from "./memory.js";
import { startEngine } from "./start-engine.js";
import { tf } from "./tf.js";

const int = (value: number): tf.Scalar => tf.scalar(value, "int32");

beforeAll(async () => {
  const info = await startEngine({ backend: "wasm" });
  expect(info).toMatchObject({ backend: "wasm", fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test("the engine is not started twice on different backends", async () => {
  await expect(startEngine({ backend: "cpu" })).rejects.toMatchObject({
    code: "EASEL_ENGINE_STARTED_OTHERWISE",
  });
});

test("a jitted training step trains, synchronously and asynchronously, and leaves no tensors behind", async () => {
  const w = tf.variable(tf.scalar(1));
  const step = jit((x: tf.Tensor) => {
    const { value, grads } = tf.variableGrads(() => w.mul(x).square() as tf.Scalar, [w]);
    w.assign(w.sub((grads[w.name] as tf.Tensor).mul(0.1)) as tf.Scalar);
    return { loss: value };
  });
  const x = tf.scalar(1);
  const before = memory().tensors;
  const losses: number[] = [];
  for (const result of [step(x), await step.async(x)]) {
    losses.push(result.loss.dataSync()[0] as number);
    result.loss.dispose();
  }
  expect(losses[0]).toBeCloseTo(1, 6);
  expect(losses[1]).toBeCloseTo(0.64, 6);
  expect(memory().tensors).toBe(before);
});

test("loop and dynamicUpdateSlice", () => {
  const squares = loop({
    state: { i: int(0) as tf.Tensor, out: tf.zeros([4]) as tf.Tensor },
    while: (s) => s.i.less(int(4)),
    body: (s) => ({
      i: s.i.add(int(1)),
      out: dynamicUpdateSlice(s.out, s.i.mul(s.i).toFloat().reshape([1]), s.i.reshape([1])),
    }),
  });
  expect(Array.from(squares.out.dataSync())).toEqual([0, 1, 4, 9]);
  const placed = dynamicUpdateSlice(tf.zeros([3, 3]), tf.ones([2, 2]), tf.tensor1d([5, 0], "int32"));
  expect(Array.from(placed.dataSync())).toEqual([0, 0, 0, 1, 1, 0, 1, 1, 0]);
});

test("layers with gradients of their own agree with finite differences", () => {
  const x = tf.randomNormal([1, 2, 2, 4], 0, 1, "float32", 1) as tf.Tensor4D;
  const scale = tf.tensor1d([1, 2, 0.5, -1]);
  const weights = tf.randomNormal([1, 4, 4, 4], 0, 1, "float32", 2);
  const f = (t: tf.Tensor): tf.Tensor =>
    upsampleNearest2x(groupNorm(t as tf.Tensor4D, scale, tf.zeros([4]), { groups: 2 }))
      .mul(weights)
      .sum();
  const gradient = tf.grad(f)(x).dataSync();
  for (let i = 0; i < x.size; i++) {
    const step = tf.oneHot([i], x.size).toFloat().reshape(x.shape).mul(1e-2);
    const numeric = f(x.add(step))
      .sub(f(x.sub(step)))
      .dataSync()[0] as number;
    expect(gradient[i]).toBeCloseTo(numeric / 2e-2, 1);
  }
});
