// Calls that are taken back or come too late: nothing of them happens, and those around them keep their order.
import { beforeAll, expect, test } from "vitest";
import { memory } from "../memory.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { jit } from "./jit.js";

beforeAll(async () => {
  await startEngine();
});

/** Adds 1 to a counter, slowly. */
function counter() {
  const count = tf.variable(tf.scalar(0));
  const add = jit((x: tf.Tensor2D) => {
    let y = x;
    for (let i = 0; i < 40; i++) y = tf.matMul(y, x).mul(0.001);
    count.assign(count.add(y.mean().mul(0).add(1)) as tf.Scalar);
    return count.clone();
  });
  const x = tf.ones([256, 256]) as tf.Tensor2D;
  const read = (): number => count.dataSync()[0] as number;
  return { add, x, read };
}

const CANCELLED = { code: "EASEL_ENGINE_CALL_CANCELLED", retryable: true };
const TOO_LATE = { code: "EASEL_ENGINE_CALL_DEADLINE", retryable: true };

test("a call that is aborted before it is made, or while it waits, computes nothing", async () => {
  const { add, x, read } = counter();
  const aborted = AbortSignal.abort(new Error("not wanted"));
  await expect(add.asyncWith({ signal: aborted }, x)).rejects.toMatchObject({
    ...CANCELLED,
    cause: expect.objectContaining({ message: "not wanted" }),
  });
  const control = new AbortController();
  const running = add.async(x);
  const waiting = add.asyncWith({ signal: control.signal }, x);
  const behind = add.async(x);
  control.abort();
  await expect(waiting).rejects.toMatchObject(CANCELLED);
  expect((await running).dataSync()[0]).toBe(1);
  expect((await behind).dataSync()[0]).toBe(2);
  expect(read()).toBe(2);
});

test("a signal that is not aborted lets the call through", async () => {
  const { add, x, read } = counter();
  const running = add.async(x);
  await add.asyncWith({ signal: new AbortController().signal, startWithinMs: 60_000 }, x);
  await running;
  expect(read()).toBe(2);
});

test("a cancelled call leaves those behind it waiting for those before it", async () => {
  const { add, x } = counter();
  const control = new AbortController();
  const order: string[] = [];
  const first = add.async(x).then(() => order.push("first"));
  const cancelled = add.asyncWith({ signal: control.signal }, x).catch(() => order.push("cancelled"));
  const last = add.async(x).then((count) => order.push(`last ${count.dataSync()[0]}`));
  control.abort();
  await Promise.all([first, cancelled, last]);
  expect(order).toEqual(["cancelled", "first", "last 2"]);
  add(x); // nobody holds the variable any more
});

test("a call that has started runs to its end, aborted or not", async () => {
  const { add, x, read } = counter();
  const control = new AbortController();
  const running = add.asyncWith({ signal: control.signal, startWithinMs: 60_000 }, x);
  await Promise.resolve();
  control.abort();
  expect((await running).dataSync()[0]).toBe(1);
  expect(read()).toBe(1);
});

test("a call that cannot start in time is refused when its time is up, not when its turn comes", async () => {
  const { add, x, read } = counter();
  add.trace(x);
  const running = Array.from({ length: 4 }, () => add.async(x));
  let ended = 0;
  for (const call of running) void call.then(() => ended++);
  await expect(add.asyncWith({ startWithinMs: 1 }, x)).rejects.toMatchObject(TOO_LATE);
  expect(ended).toBeLessThan(4);
  await Promise.all(running);
  expect(read()).toBe(4);
});

test("time that tracing takes counts", async () => {
  const slow = jit((x: tf.Tensor) => {
    const until = performance.now() + 30;
    while (performance.now() < until);
    return x.add(1);
  });
  await expect(slow.asyncWith({ startWithinMs: 10 }, tf.scalar(1))).rejects.toMatchObject(TOO_LATE);
  expect((await slow.asyncWith({ startWithinMs: 5_000 }, tf.scalar(1))).dataSync()[0]).toBe(2); // traced now
});

test("calls that were taken back leave nothing behind", async () => {
  const { add, x } = counter();
  (await add.async(x)).dispose();
  const before = memory();
  for (let i = 0; i < 5; i++) {
    const control = new AbortController();
    const running = add.async(x);
    const waiting = add.asyncWith({ signal: control.signal }, x);
    control.abort();
    await expect(waiting).rejects.toMatchObject(CANCELLED);
    (await running).dispose();
  }
  const after = memory();
  expect([after.tensors, after.handles]).toEqual([before.tensors, before.handles]);
});
