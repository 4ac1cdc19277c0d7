// 10,000 calls keep memory flat: tensors, native handles and, past the first calls, resident memory.
import { jit, memory, startEngine, tf } from "@easel/engine";
import { expect, test } from "vitest";

test("10,000 training steps leave nothing behind", async () => {
  await startEngine({ threads: 1 });
  const w = tf.variable(tf.ones([16, 4]));
  const step = jit((x: tf.Tensor) => {
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.matMul(x, w))) as tf.Scalar, [w]);
    w.assign(tf.sub(w, tf.mul(grads[w.name] as tf.Tensor, 1e-4)));
    return value;
  });
  const call = async (at: number): Promise<void> => {
    const x = tf.fill([8, 16], 0.1);
    const loss = at % 10 === 0 ? await step.async(x) : step(x);
    tf.dispose([x, loss]);
  };
  for (let i = 0; i < 2000; i++) await call(i);
  const before = memory();
  for (let i = 0; i < 10_000; i++) await call(i);
  const after = memory();
  expect([after.tensors, after.handles, after.sizeBytes]).toEqual([
    before.tensors,
    before.handles,
    before.sizeBytes,
  ]);
  // A thousand bytes a call would be 10 MB; the JavaScript heap moves by some.
  expect((after.residentBytes - before.residentBytes) / 2 ** 20).toBeLessThan(40);
}, 120_000);
