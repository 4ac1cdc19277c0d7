// The point of the chunked pass: its peak memory follows the chunk, not the number of rows. Measured on the process itself.

import { beforeAll, expect, it } from "vitest";
import { jit } from "../jit/jit.js";
import { valueAndGrads } from "../params/gradients.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { chunkedLogProb } from "./chunked-log-prob.js";

const ROWS = 2048;
const VOCABULARY = 16_000;
const WIDTH = 32;
const LOGITS_MB = (ROWS * VOCABULARY * 4) / 2 ** 20;

beforeAll(async () => {
  await startEngine({ backend: "tensorflow" });
});

function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

it("a gradient through the chunked pass needs less than the logits alone would", () => {
  const weight = tf.variable(tf.fill([VOCABULARY, WIDTH], 0.01));
  const run = jit((hidden: tf.Tensor, targets: tf.Tensor) => {
    const loss = () => chunkedLogProb(hidden, weight, targets, 64).sum();
    const { value, grads } = valueAndGrads(loss, { weight });
    return { value, gradient: tf.sum(tf.abs(grads.weight ?? weight)) };
  });
  const hidden = (rows: number) => tf.ones([rows, WIDTH]);
  // Fills what TensorFlow keeps for itself (thread pools, packed kernels) before measuring.
  run(hidden(128), tf.zeros([128], "int32"));
  const before = peakMb();
  const { value } = run(hidden(ROWS), tf.zeros([ROWS], "int32"));
  expect(value.dataSync()[0]).toBeCloseTo(-ROWS * Math.log(VOCABULARY), -2);
  expect(peakMb() - before).toBeLessThan(LOGITS_MB);
});
