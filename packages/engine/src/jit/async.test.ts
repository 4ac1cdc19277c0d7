// Asynchronous calls: off the event loop, in order per variable, safe against early disposal.
import { beforeAll, expect, test } from "vitest";
import { EngineError } from "../errors.js";
import { memory } from "../memory.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { jit } from "./jit.js";

beforeAll(async () => {
  await startEngine();
});

/** Takes a while: a chain of matrix products. */
function heavy(x: tf.Tensor2D): tf.Tensor2D {
  let y = x;
  for (let i = 0; i < 60; i++) y = tf.matMul(y, x).mul(0.001);
  return y;
}

test("timers run while a call computes", async () => {
  const f = jit(heavy);
  const x = tf.ones([256, 256]) as tf.Tensor2D;
  await f.warm(x);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const result = await f.async(x);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
  const again = f(x);
  expect(result.sub(again).abs().max().dataSync()[0]).toBe(0);
});

test("calls that share a variable run one after another and lose no update", async () => {
  const count = tf.variable(tf.scalar(0));
  const f = jit((x: tf.Tensor2D) => {
    count.assign(count.add(heavy(x).mean().mul(0).add(1)) as tf.Scalar);
    return count.clone();
  });
  const x = tf.ones([64, 64]) as tf.Tensor2D;
  const results = await Promise.all(Array.from({ length: 20 }, () => f.async(x)));
  expect(results.map((r) => r.dataSync()[0])).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(count.dataSync()[0]).toBe(20);
});

test("a synchronous call that would lose an update is refused, and works once the other has ended", async () => {
  const v = tf.variable(tf.scalar(0));
  const f = jit((x: tf.Tensor2D) => v.assign(v.add(heavy(x).mean().mul(0).add(1)) as tf.Scalar));
  const x = tf.ones([64, 64]) as tf.Tensor2D;
  const pending = f.async(x);
  expect(() => f(x)).toThrowError(expect.objectContaining({ code: "EASEL_ENGINE_BUSY", retryable: true }));
  expect(() => f.dispose()).toThrowError(EngineError);
  await pending;
  f(x);
  expect(v.dataSync()[0]).toBe(2);
  f.dispose();
});

test("assigning a variable by hand while a call would assign it too rejects the call", async () => {
  const v = tf.variable(tf.scalar(0));
  const f = jit((x: tf.Tensor2D) => v.assign(heavy(x).mean() as tf.Scalar));
  const pending = f.async(tf.ones([64, 64]) as tf.Tensor2D);
  v.assign(tf.scalar(7));
  await expect(pending).rejects.toMatchObject({ code: "EASEL_ENGINE_VARIABLE_CHANGED" });
  expect(v.dataSync()[0]).toBe(7);
});

test("inputs may be disposed as soon as the call is made, also while it waits its turn", async () => {
  const v = tf.variable(tf.scalar(1));
  const f = jit((x: tf.Tensor2D) => {
    v.assign(v.add(0) as tf.Scalar);
    return heavy(x).mul(0).add(x).mean().mul(v);
  });
  const pending = [1, 2, 3].map((value) => {
    const x = tf.fill([64, 64], value) as tf.Tensor2D;
    const call = f.async(x);
    x.dispose();
    return call;
  });
  const results = await Promise.all(pending);
  expect(results.map((r) => r.dataSync()[0])).toEqual([1, 2, 3]);
});

test("a failing call rejects with TensorFlow's message, and the next one works", async () => {
  const f = jit((x: tf.Tensor1D, at: tf.Tensor1D) => tf.gather(x, at));
  const x = tf.tensor1d([1, 2, 3]);
  await expect(f.async(x, tf.tensor1d([9], "int32"))).rejects.toMatchObject({
    code: "EASEL_ENGINE_TENSORFLOW",
    message: expect.stringContaining("indices[0] = 9"),
  });
  expect((await f.async(x, tf.tensor1d([2], "int32"))).dataSync()[0]).toBe(3);
});

test("500 asynchronous calls leave nothing behind", async () => {
  const v = tf.variable(tf.scalar(0));
  const f = jit((x: tf.Tensor) => {
    v.assign(v.add(x.sum()) as tf.Scalar);
    return v.mul(2);
  });
  const x = tf.ones([4]);
  (await f.async(x)).dispose();
  const before = memory();
  for (let i = 0; i < 500; i++) (await f.async(x)).dispose();
  const after = memory();
  expect([after.tensors, after.handles]).toEqual([before.tensors, before.handles]);
});
