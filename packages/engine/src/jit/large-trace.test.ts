// A training step of a model that would not fit into memory is traced from shapes alone.
import { beforeAll, expect, test } from "vitest";
import { memory } from "../memory.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { jit } from "./jit.js";
import { spec } from "./tensor-spec.js";

beforeAll(async () => {
  await startEngine();
});

// The layer, vocabulary and sequence of a 7B language model; fewer layers, so that the test is quick.
const [LAYERS, WIDTH, INNER, VOCABULARY, HEADS, BATCH, LENGTH] = [2, 4096, 11_008, 102_400, 32, 2, 1024];
const MATRICES = ["q", "k", "v", "o", "gate", "up", "down"] as const;

type Layer = Readonly<Record<(typeof MATRICES)[number], tf.Tensor2D>>;
type Model = {
  readonly embedding: tf.Tensor2D;
  readonly head: tf.Tensor2D;
  readonly layers: readonly Layer[];
};

const shapeOf = (name: string): number[] =>
  name === "down" ? [INNER, WIDTH] : ["gate", "up"].includes(name) ? [WIDTH, INNER] : [WIDTH, WIDTH];

function specs() {
  const layer = (): Record<string, ReturnType<typeof spec>> =>
    Object.fromEntries(MATRICES.map((name) => [name, spec(shapeOf(name))]));
  return {
    embedding: spec([VOCABULARY, WIDTH]),
    head: spec([WIDTH, VOCABULARY]),
    layers: Array.from({ length: LAYERS }, layer),
  };
}

const product = (x: tf.Tensor, w: tf.Tensor2D): tf.Tensor =>
  tf.matMul(x.reshape([BATCH * LENGTH, -1]) as tf.Tensor2D, w).reshape([BATCH, LENGTH, w.shape[1]]);

function layerOutput(x: tf.Tensor, w: Layer): tf.Tensor {
  const heads = (y: tf.Tensor): tf.Tensor =>
    y.reshape([BATCH, LENGTH, HEADS, WIDTH / HEADS]).transpose([0, 2, 1, 3]);
  const scores = tf.matMul(heads(product(x, w.q)), heads(product(x, w.k)), false, true);
  const mixed = tf.matMul(tf.softmax(scores), heads(product(x, w.v))).transpose([0, 2, 1, 3]);
  const attended = x.add(product(mixed.reshape([BATCH, LENGTH, WIDTH]), w.o));
  const gate = product(attended, w.gate);
  return attended.add(product(gate.mul(tf.sigmoid(gate)).mul(product(attended, w.up)), w.down));
}

function step(model: Model, ids: tf.Tensor, rate: tf.Tensor) {
  const weights = [
    model.embedding,
    model.head,
    ...model.layers.flatMap((layer) => MATRICES.map((name) => layer[name])),
  ];
  const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => {
    let x = tf.gather(given[0] as tf.Tensor, ids);
    for (let i = 0; i < LAYERS; i++) {
      const entries = MATRICES.map((name, j) => [name, given[2 + i * MATRICES.length + j]]);
      x = layerOutput(x, Object.fromEntries(entries) as Layer);
    }
    return tf
      .logSoftmax(product(x, given[1] as tf.Tensor2D))
      .mean()
      .neg() as tf.Scalar;
  })(weights);
  return { value, next: weights.map((w, i) => w.sub((grads[i] as tf.Tensor).mul(rate))) };
}

test("tracing takes less than a gigabyte for weights of five", { timeout: 300_000 }, () => {
  const matrices = MATRICES.map((name) => shapeOf(name).reduce((a, b) => a * b));
  const parameters = 2 * VOCABULARY * WIDTH + LAYERS * matrices.reduce((a, b) => a + b);
  expect(parameters * 4).toBeGreaterThan(4.9e9);
  const f = jit(step, { name: "large step" });
  const before = memory().residentBytes;
  f.trace(specs() as unknown as Parameters<typeof f.trace>[0], spec([BATCH, LENGTH], "int32"), spec([]));
  expect(memory().residentBytes - before).toBeLessThan(1e9);
  expect(Number(/(\d+) operations/.exec(f.explain())?.[1])).toBeGreaterThan(200);
});
