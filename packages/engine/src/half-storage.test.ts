// Tensors stored in bfloat16 take half the bytes and behave as the float32 values they round to.
import { beforeAll, expect, test } from "vitest";
import { storeHalf, tensorFromHalf } from "./half-storage.js";
import { jit } from "./jit/jit.js";
import { loop } from "./jit/loop.js";
import { memory } from "./memory.js";
import { startEngine } from "./start-engine.js";
import { tf } from "./tf.js";

beforeAll(async () => {
  await startEngine();
});

test("reading gives the rounded values, from a tensor and from bits", () => {
  expect(Array.from(storeHalf(tf.tensor1d([1, 1.00390625, -2.5])).dataSync())).toEqual([1, 1, -2.5]);
  expect(Array.from(tensorFromHalf(Uint16Array.of(0x3f80, 0xc020), [2]).dataSync())).toEqual([1, -2.5]);
});

test("half the bytes", () => {
  const before = memory().sizeBytes;
  const x = tensorFromHalf(new Uint16Array(1000), [10, 100]);
  expect(memory().sizeBytes - before).toBe(2000);
  x.dispose();
  expect(memory().sizeBytes).toBe(before);
});

test("ops compute in float32, eagerly and jitted; products may take bfloat16 as it is", () => {
  const w = storeHalf(tf.randomNormal([8, 8], 0, 1, "float32", 1) as tf.Tensor2D);
  const rounded = tf.tensor2d(w.dataSync(), [8, 8]);
  const x = tf.randomNormal([4, 8], 0, 1, "float32", 2) as tf.Tensor2D;
  const f = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor =>
    tf.matMul(a, b.transpose()).add(tf.gather(b, [1]).square());
  const expected = f(x, rounded);
  const difference = (y: tf.Tensor): number => y.sub(expected).abs().max().dataSync()[0] as number;
  expect(difference(f(x, w))).toBeLessThan(1e-6);
  const plain = jit(f);
  expect(difference(plain(x, w))).toBeLessThan(1e-6);
  expect(difference(plain(x, rounded))).toBeLessThan(1e-6);
  const half = jit(f, { matmul: "bf16" });
  expect(difference(half(x, w))).toBeLessThan(0.1);
  expect(half.explain()).toContain("Cast 3"); // x in, the product out, the gathered row: not the whole weight
});

test("a variable stored in bfloat16 stays so when a jitted function assigns it", () => {
  const v = tf.tidy(() => tf.variable(storeHalf(tf.ones([100]))));
  const step = jit(() => {
    v.assign(v.mul(0.5) as tf.Tensor1D);
  });
  const before = memory().sizeBytes;
  for (let i = 0; i < 3; i++) step();
  expect(v.dataSync()[0]).toBe(0.125);
  expect(memory().sizeBytes).toBe(before);
});

test.each(["graph", "xla"] as const)(
  "a jitted loop and a gradient give the numbers of float32 weights, bit for bit (%s)",
  (compile) => {
    const half = [1, 2].map((seed) => storeHalf(tf.randomNormal([64, 64], 0, 0.2, "float32", seed)));
    const full = half.map((w) => tf.tensor2d(w.dataSync(), [64, 64]));
    const x = tf.randomNormal([4, 64], 0, 1, "float32", 3) as tf.Tensor2D;
    const layers = (weights: readonly tf.Tensor[], input: tf.Tensor): tf.Tensor =>
      weights.reduce((y, w) => tf.tanh(tf.matMul(y, w, false, true)), input);
    const repeat = (weights: readonly tf.Tensor[], input: tf.Tensor): tf.Tensor =>
      loop({
        state: { step: tf.scalar(0, "int32") as tf.Tensor, y: input },
        while: ({ step }) => tf.less(step, tf.scalar(3, "int32")),
        body: ({ step, y }) => ({ step: tf.add(step, tf.scalar(1, "int32")), y: layers(weights, y) }),
      }).y;
    const gradient = (weights: readonly tf.Tensor[], input: tf.Tensor): tf.Tensor =>
      tf.grad((y) => tf.sum(layers(weights, y)))(input);
    for (const f of [repeat, gradient]) {
      const run = jit(f, { compile });
      expect(run(half, x).dataSync()).toEqual(run(full, x).dataSync());
      run.dispose();
    }
  },
);
