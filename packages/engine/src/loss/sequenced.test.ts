// Waiting for another computation never changes the values, whatever that computation gave.

import { beforeAll, expect, it } from "vitest";
import { tf } from "../tf.js";
import { sequencedAfter } from "./sequenced.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it.each([0, -3.5, 1e38, Number.NaN, Number.POSITIVE_INFINITY])("the values stay after %d", (before) => {
  const x = tf.tensor2d([1.5, -2, 1e-30, 7], [2, 2]);
  const result = sequencedAfter(x, tf.fill([2, 3], before));
  expect([...result.dataSync()]).toEqual([...x.dataSync()]);
  const ids = sequencedAfter(tf.tensor1d([3, -7], "int32"), tf.fill([1], before));
  expect(ids.dtype).toBe("int32");
  expect([...ids.dataSync()]).toEqual([3, -7]);
});
