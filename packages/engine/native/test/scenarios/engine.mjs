// Scenarios through the engine's own JavaScript: jitted functions, loops, gradients, XLA. Each is one process (one.mjs).
import assert from "node:assert/strict";
import {
  cachedAttention,
  jit,
  loop,
  memory,
  sharePrefix,
  startEngine,
  storeHalf,
  tf,
} from "../../../dist/index.js";

const int = (value) => tf.scalar(value, "int32");

/** Training steps, synchronous and asynchronous, until the function is disposed. */
export async function training() {
  await startEngine({ threads: 2 });
  for (const compile of ["graph", "xla"]) {
    const w = tf.variable(tf.ones([4, 1]));
    const step = jit(
      (x, y) => {
        const { value, grads } = tf.variableGrads(() => tf.matMul(x, w).sub(y).square().mean(), [w]);
        w.assign(w.sub(grads[w.name].mul(0.1)));
        return value;
      },
      { name: "step", compile },
    );
    const [x, y] = [tf.ones([8, 4]), tf.zeros([8, 1])];
    await step.warm(x, y);
    const losses = [];
    for (let i = 0; i < 4; i++) {
      const loss = i % 2 === 0 ? step(x, y) : await step.async(x, y);
      losses.push(loss.dataSync()[0]);
      loss.dispose();
    }
    assert.ok(losses.every((loss, i) => i === 0 || loss < losses[i - 1]));
    await assert.rejects(step.async(tf.ones([8, 3]), y), { code: "EASEL_ENGINE_TENSORFLOW" });
    step.dispose();
    tf.dispose([x, y, w]);
  }
}

/** A loop inside a jitted function, and one whose trace fails half way. */
export async function loops() {
  await startEngine({ threads: 2 });
  const counted = jit((limit) =>
    loop({
      state: { i: int(0), total: tf.zeros([3]) },
      while: ({ i }) => i.less(limit),
      body: ({ i, total }) => ({ i: i.add(int(1)), total: total.add(i.toFloat()) }),
    }),
  );
  for (const [limit, total] of [
    [4, 6],
    [0, 0],
  ]) {
    const result = await counted.async(int(limit));
    assert.deepEqual([...result.total.dataSync()], [total, total, total]);
    tf.dispose(result);
  }
  const broken = jit((x) =>
    loop({ state: x, while: (s) => s.sum().less(1), body: (s) => tf.concat([s, s]) }),
  );
  for (let i = 0; i < 5; i++) assert.throws(() => broken(tf.zeros([2])), { code: "EASEL_ENGINE_LOOP_STATE" });
  counted.dispose();
}

/** The addon's own kernel, called by XLA, with windows and prefixes inside, at the ends of and beyond what there is. */
export async function kernels() {
  await startEngine({ threads: 2 });
  for (const width of [5, 32, 64, 128]) {
    const attend = jit(
      (q, own, last, prefix, use) => cachedAttention(q, own, last, sharePrefix(prefix, use)),
      { compile: "xla" },
    );
    const pairs = (count, slots) => ({
      keys: tf.ones([count, 2, slots, width]),
      values: tf.ones([count, 2, slots, width]),
    });
    const [q, own, prefix] = [tf.ones([40, 2, 2, width]), pairs(40, 9), pairs(3, 7)];
    const spread = (from) => tf.range(from, from + 40, 1, "int32");
    const use = { ofRow: spread(-20), first: spread(-10) };
    for (const last of [0, 8, 99, -99]) {
      const result = await attend.async(q, own, int(last), prefix, use);
      assert.ok(result.dataSync().every((value) => Math.abs(value - 1) < 1e-5));
      result.dispose();
    }
    assert.match(attend.explain(), /XlaCustomCallV2/);
    attend.dispose();
    for (const tensors of [q, own, prefix, use]) tf.dispose(tensors);
  }
}

/** Traces that throw at each stage give back what they made; tensors disposed too early are named. */
export async function failures() {
  await startEngine({ threads: 2 });
  const captured = tf.tensor([1, 2, 3]);
  const mismatched = jit((x) => tf.matMul(x, x));
  const reading = jit((x) => tf.tidy(() => x.add(captured).dataSync()));
  const good = jit((x) => x.add(captured));
  const before = memory().handles;
  for (let i = 0; i < 10; i++) {
    assert.throws(() => mismatched(tf.zeros([2, 3])));
    assert.throws(() => reading(tf.zeros([3])), { code: "EASEL_ENGINE_READ_IN_TRACE" });
  }
  assert.ok(memory().handles <= before);
  const x = tf.zeros([3]);
  assert.deepEqual([...good(x).dataSync()], [1, 2, 3]);
  const half = storeHalf(x);
  assert.deepEqual([...good(half).dataSync()], [1, 2, 3]);
  const call = good.async(x);
  tf.dispose([x, half]);
  assert.deepEqual([...(await call).dataSync()], [1, 2, 3]);
  assert.throws(() => good(x));
  good.dispose();
}

/** The program ends while a training step runs whose result would be assigned to a variable. */
export async function endDuringStep() {
  await startEngine({ threads: 2 });
  const v = tf.variable(tf.ones([256, 256]));
  const step = jit(() => v.assign(tf.matMul(v, v).mul(1 / 256)));
  await step.warm();
  void step.async();
  void step.async();
  process.exit(0);
}
