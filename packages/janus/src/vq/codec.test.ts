// The codec's gradients, what it refuses, and its list of weights. The numbers of the original PyTorch code, stage by stage, are
// checked by tools/parity.
import { readFile } from "node:fs/promises";
import {
  type HostTensor,
  type Params,
  readSafetensors,
  silu,
  startEngine,
  tf,
  toTensor,
  valueAndGrads,
} from "@easel/engine";
import { beforeAll, describe, expect, it } from "vitest";
import { type JanusConfig, parseConfig, type VqConfig } from "../config.js";
import { vqDecode, vqEncode } from "./codec.js";
import { vqDecoder } from "./decoder.js";
import { vqEncoder } from "./encoder.js";
import { groupNorm } from "./group-norm.js";
import { initVq } from "./init.js";
import { vqRoot } from "./levels.js";
import { codebookName, quantise, straightThrough, unitLength } from "./quantise.js";

const folder = new URL("../../fixtures/janus-tiny/", import.meta.url);

let config: JanusConfig;
let params: Params;

async function read(name: string): Promise<Map<string, HostTensor>> {
  return (await readSafetensors(new URL(name, folder).pathname)).tensors;
}

function tensor(from: Map<string, HostTensor>, name: string): tf.Tensor {
  const found = from.get(name);
  if (found === undefined) throw new Error(`the reference numbers lack ${name}`);
  return toTensor(found);
}

/** A fixed sequence that looks random enough to break symmetries. */
function countingSource(): { next(): number } {
  let count = 0;
  return {
    next: () => {
      count += 1;
      const value = Math.sin(count) * 1e4;
      return value - Math.floor(value);
    },
  };
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance: number): void {
  expect(actual.shape).toEqual(expected.shape);
  const worst = tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0];
  expect(worst).toBeLessThanOrEqual(tolerance);
}

beforeAll(async () => {
  await startEngine();
  config = parseConfig(JSON.parse(await readFile(new URL("original/config.json", folder), "utf8")), {
    imageSize: 64,
  });
  const stored = await read("original/model.safetensors");
  const names = [...stored.keys()].filter(
    (name) => name.startsWith(vqRoot) && !name.endsWith("codebook_used"),
  );
  params = { weights: Object.fromEntries(names.map((name) => [name, tensor(stored, name)])) };
});

describe("single operations", () => {
  it("gives group norm and silu the gradients of their definitions", () => {
    const x = tf.reshape(tf.sin(tf.mul(tf.range(0, 2 * 3 * 3 * 8), 1.7)), [2, 3, 3, 8]);
    const scale = tf.linspace(0.5, 1.5, 8);
    const shift = tf.linspace(-1, 1, 8);
    const seen = tf.reshape(tf.cos(tf.range(0, 2 * 3 * 3 * 8)), [2, 3, 3, 8]);
    const fast = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.sum(tf.mul(silu(groupNorm({ weights: { "n.weight": w, "n.bias": b } }, "n", a, 4)), seen));
    const plain = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => {
      const grouped = tf.reshape(a, [2, 9, 4, 2]);
      const { mean, variance } = tf.moments(grouped, [1, 3], true);
      const unit = tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, 1e-6)));
      const y = tf.add(tf.mul(tf.reshape(unit, a.shape), w), b);
      return tf.sum(tf.mul(tf.mul(y, tf.sigmoid(y)), seen));
    };
    const [actual, expected] = [fast, plain].map((f) => tf.grads(f)([x, scale, shift]));
    for (const [i, gradient] of actual!.entries()) expectClose(gradient, expected![i]!, 1e-5);
  });

  it("has a finite gradient at a zero row", () => {
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(unitLength(x)))(tf.zeros([1, 8]));
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe("decoding", () => {
  it("refuses a number of codes that is no square", () => {
    expect(() => vqDecode(config.vq, params, tf.zeros([1, 63], "int32"))).toThrow(/63/);
  });
});

describe("encoding", () => {
  it("refuses sides that do not fit the grid", () => {
    expect(() => vqEncode(config.vq, params, tf.zeros([1, 60, 64, 3]))).toThrow(/divisible by 8/);
  });
});

describe("training", () => {
  /** Small enough to differentiate on any backend. */
  const small: VqConfig = {
    channels: 8,
    multipliers: [1, 2],
    resBlocks: 1,
    latentChannels: 8,
    codes: 16,
    codeWidth: 4,
    normGroups: 4,
    attention: "lowest-and-mid",
  };
  let start: Record<string, tf.Tensor>;
  let image: tf.Tensor;

  beforeAll(() => {
    const made = [...initVq(small, countingSource())];
    start = Object.fromEntries(made.map(([name, h]) => [name, toTensor(h)]));
    image = tf.reshape(tf.sin(tf.range(0, 8 * 8 * 3)), [1, 8, 8, 3]);
  });

  it("sends gradients to the stored weights, through the decoder, past the codes and into the encoder", () => {
    const names = Object.keys(start).filter((name) => name !== codebookName);
    const variables = Object.fromEntries(names.map((name) => [name, tf.variable(start[name]!)]));
    const trained = { weights: { ...start, ...variables } };
    const { grads } = valueAndGrads(() => {
      const { latent, vectors } = quantise(small, trained, vqEncoder(small, trained, image));
      const error = tf.sub(vqDecoder(small, trained, straightThrough(latent, vectors)), image);
      return tf.mean(tf.square(error));
    }, variables);
    for (const name of names) {
      expect(grads[name]!.shape).toEqual(start[name]!.shape);
      // A key bias shifts all scores of a query alike, so softmax ignores it.
      if (name.endsWith(".k.bias")) continue;
      expect(tf.max(tf.abs(grads[name]!)).dataSync()[0], name).toBeGreaterThan(1e-9);
    }
  });

  it("sends the gradient of the commitment and codebook losses to latent and codebook", () => {
    const codebook = start[codebookName]!;
    const latents = tf.reshape(tf.cos(tf.range(0, 2 * 2 * 2 * 4)), [2, 2, 2, 4]);
    const loss = (z: tf.Tensor, e: tf.Tensor): tf.Tensor => {
      const { latent, vectors } = quantise(small, { weights: { [codebookName]: e } }, z);
      return tf.mean(tf.square(tf.sub(latent, vectors)));
    };
    for (const gradient of tf.grads(loss)([latents, codebook])) {
      expect(tf.max(tf.abs(gradient)).dataSync()[0]).toBeGreaterThan(1e-4);
    }
  });

  it("has the gradient that finite differences give", () => {
    const name = `${vqRoot}.decoder.mid.1.q.weight`;
    const codes = tf.tensor2d([[0, 3, 5, 7, 9, 11, 13, 15, 2, 4, 6, 8, 1, 1, 10, 12]], [1, 16], "int32");
    const loss = (w: tf.Tensor): tf.Tensor =>
      tf.sum(tf.square(vqDecode(small, { weights: { ...start, [name]: w } }, codes)));
    const gradient = tf.grad(loss)(start[name]!).dataSync();
    const step = tf.reshape(tf.oneHot(tf.tensor1d([37], "int32"), 256), [16, 16, 1, 1]).mul(1e-1);
    const [above, below] = [start[name]!.add(step), start[name]!.sub(step)];
    const slope = (loss(above).dataSync()[0]! - loss(below).dataSync()[0]!) / 2e-1;
    expect(Math.abs(slope)).toBeGreaterThan(1e-4);
    expect(Math.abs(slope - gradient[37]!)).toBeLessThan(1e-3 + 2e-2 * Math.abs(slope));
  });

  it("passes gradients straight through to the latent only", () => {
    const [z, v] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
    const [dz, dv] = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.mul(straightThrough(a, b), tf.tensor1d([5, 6]))).add(tf.sum(b).mul(0)),
    )([z, v]);
    expect([...dz!.dataSync()]).toEqual([5, 6]);
    expect([...dv!.dataSync()]).toEqual([0, 0]);
  });
});

describe("a new codec", () => {
  it("has exactly the weights a checkpoint of its sizes has", () => {
    const made = initVq(config.vq, countingSource());
    const stored = new Map(Object.entries(params.weights).map(([name, t]) => [name, t.shape]));
    expect(new Map([...made].map(([name, h]) => [name, h.shape]))).toEqual(stored);
  });

  it("leaves out attention where the config says so, and still runs", () => {
    const plain: VqConfig = {
      ...config.vq,
      channels: 8,
      normGroups: 8,
      multipliers: [1, 2],
      attention: "none",
    };
    const made = [...initVq(plain, countingSource())];
    expect(made.some(([name]) => name.includes("attn"))).toBe(false);
    const weights = Object.fromEntries(made.map(([name, h]) => [name, toTensor(h)]));
    const codes = vqEncode(plain, { weights }, tf.zeros([2, 8, 8, 3]));
    expect(vqDecode(plain, { weights }, codes).shape).toEqual([2, 8, 8, 3]);
  });
});
