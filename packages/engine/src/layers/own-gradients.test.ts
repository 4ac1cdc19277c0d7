// Layers with gradients of their own against the same layers composed from TensorFlow.js ops, whose tape is independent
// of the written-out gradients.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { valueAndGrads } from "../params/gradients.js";
import { tf } from "../tf.js";
import { softmaxAttention } from "./attention.js";
import { gatedSilu } from "./gated-silu.js";
import { rmsNorm } from "./rms-norm.js";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

type Inputs = Readonly<Record<string, tf.Variable>>;

function inputs(shapes: Readonly<Record<string, number[]>>, seed: number): Inputs {
  const entries = Object.entries(shapes).map(
    ([name, shape], i) =>
      [name, tf.variable(tf.randomNormal(shape, 0.3, 1, "float32", seed * 31 + i))] as const,
  );
  return Object.fromEntries(entries);
}

/** Both must give the same value and, for a weighted sum of it, the same gradients. */
function expectSame(own: () => tf.Tensor, composed: () => tf.Tensor, variables: Inputs): void {
  const value = composed();
  const weights = tf.randomNormal(value.shape, 0, 1, "float32", 7);
  const seen = (f: () => tf.Tensor) => valueAndGrads(() => tf.sum(tf.mul(f(), weights)), variables).grads;
  const distance = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? 1;
  expect(distance(own(), value)).toBeLessThan(1e-5);
  const [left, right] = [seen(own), seen(composed)];
  for (const name of Object.keys(variables)) {
    expect(distance(left[name] as tf.Tensor, right[name] as tf.Tensor), name).toBeLessThan(1e-4);
  }
}

const size = fc.integer({ min: 1, max: 5 });
const seed = fc.integer({ min: 0, max: 1000 });

describe("own gradients equal those of the composed layer", () => {
  it("for root-mean-square normalisation of any rank", () => {
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 3 }), size, seed, (outer, width, s) => {
        const shapes = { x: [...outer, width], scale: [width] };
        const { x, scale } = inputs(shapes, s) as { x: tf.Variable; scale: tf.Variable };
        const composed = () =>
          tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-2))), scale);
        expectSame(() => rmsNorm(x, scale, 1e-2), composed, { x, scale });
      }),
      { numRuns: 25 },
    );
  });

  it("for the gated feed-forward", () => {
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 3 }), seed, (shape, s) => {
        const { gate, up } = inputs({ gate: shape, up: shape }, s) as { gate: tf.Variable; up: tf.Variable };
        const composed = () => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
        expectSame(() => gatedSilu(gate, up), composed, { gate, up });
      }),
      { numRuns: 25 },
    );
  });

  it("for attention, with masked keys", () => {
    fc.assert(
      fc.property(size, size, size, size, seed, (batch, queries, extra, width, s) => {
        const keys = queries + extra;
        const shapes = {
          q: [batch, 2, queries, width],
          k: [batch, 2, keys, width],
          v: [batch, 2, keys, width],
        };
        const { q, k, v } = inputs(shapes, s) as { q: tf.Variable; k: tf.Variable; v: tf.Variable };
        const row = tf.range(0, queries).reshape([queries, 1]);
        const mask = tf.mul(tf.cast(tf.greater(tf.range(0, keys).reshape([1, keys]), row), "float32"), -1e9);
        const composed = () => tf.matMul(tf.softmax(tf.add(tf.matMul(q, k, false, true), mask)), v);
        expectSame(() => softmaxAttention(q, k, v, mask), composed, { q, k, v });
      }),
      { numRuns: 25 },
    );
  });
});
