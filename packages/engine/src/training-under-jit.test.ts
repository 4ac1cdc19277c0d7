// The training parts inside jit on libtensorflow: same numbers as PyTorch and NumPy, one trace for
// many steps. The same parts run eagerly in their own test files.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "./jit/jit.js";
import { chunkedLogProb, chunkedLogProbAndEntropy, entropyOf, logProbOf } from "./loss/index.js";
import type { Optimizer } from "./optim/index.js";
import { clipByGlobalNorm, createAdamW, createGradientAccumulator, createMuon } from "./optim/index.js";
import { adapterVariables, createAdapter, linear, stopGradient, valueAndGrads } from "./params/index.js";
import { type HostTensor, readSafetensors, toTensor } from "./safetensors/index.js";
import { startEngine } from "./start-engine.js";
import { tf } from "./tf.js";

const FIXTURES = new URL("../fixtures/", import.meta.url);
let golden = new Map<string, HostTensor>();
beforeAll(async () => {
  await startEngine({ backend: "tensorflow", threads: 1 });
  golden = (await readSafetensors(fileURLToPath(new URL("token-log-probs.safetensors", FIXTURES)))).tensors;
});

function goldenTensor(name: string): tf.Tensor {
  return toTensor(golden.get(name) ?? expect.fail(`no golden tensor ${name}`));
}

function largestDifference(x: tf.Tensor, y: tf.Tensor): number {
  expect(x.shape).toEqual(y.shape);
  return x.sub(y).abs().max().dataSync()[0] ?? Number.NaN;
}

type OptimizerCase = {
  readonly shape: number[];
  readonly settings: Record<string, number>;
  readonly weight: number[];
  readonly gradients: number[][];
  readonly rates: number[];
  readonly trail: number[][];
};
const cases: { readonly adamw: OptimizerCase[]; readonly muon: OptimizerCase[] } = JSON.parse(
  readFileSync(new URL("optimizer-golden.json", FIXTURES), "utf8"),
);

describe.each(["graph", "xla"] as const)("compiled as %s", (compile) => {
  const make = {
    adamw: (w: tf.Variable, { decay, ...settings }: Record<string, number>) =>
      createAdamW({ variables: { w }, weightDecay: decay ?? 0, ...settings }),
    muon: (w: tf.Variable, { decay, ...settings }: Record<string, number>) =>
      createMuon({ variables: { w }, weightDecay: decay ?? 0, ...settings }),
  } satisfies Record<string, (w: tf.Variable, settings: Record<string, number>) => Optimizer>;

  it.each(["adamw", "muon"] as const)("%s follows NumPy with a changing learning rate", (kind) => {
    for (const example of cases[kind]) {
      const variable = tf.variable(tf.tensor(example.weight, example.shape));
      const optimizer = make[kind](variable, example.settings);
      const step = jit(
        (gradient: tf.Tensor, rate: tf.Scalar) => {
          optimizer.update({ w: gradient }, rate);
          return { norm: clipByGlobalNorm({ w: gradient }, 1).norm };
        },
        { compile },
      );
      example.gradients.forEach((gradient, i) => {
        const { norm } = step(tf.tensor(gradient, example.shape), tf.scalar(example.rates[i] ?? 0));
        expect(norm.dataSync()[0]).toBeCloseTo(Math.hypot(...gradient), 4);
        const expected = tf.tensor(example.trail[i] ?? [], example.shape);
        expect(largestDifference(variable, expected)).toBeLessThan(1e-5);
      });
      step.dispose();
    }
  });

  it("log-probabilities, whole and chunked, are PyTorch's", () => {
    const hidden = goldenTensor("text.hidden.final").slice([0, 0, 0], [2, 23, 64]).reshape([46, 64]);
    const targets = goldenTensor("text.ids").slice([0, 1], [2, 23]).reshape([46]);
    const head = goldenTensor("lm_head.weight");
    const run = jit(
      (h: tf.Tensor, w: tf.Tensor, ids: tf.Tensor) => {
        const logits = tf.matMul(h, w, false, true).div(0.7);
        const chunked = chunkedLogProbAndEntropy(h, w, ids, 16, { temperature: 0.7 });
        return { whole: logProbOf(logits, ids), entropy: entropyOf(logits), chunked };
      },
      { compile },
    );
    const { whole, entropy, chunked } = run(hidden, head, targets);
    const expected = goldenTensor("text.logprobs_T0.7").reshape([46]);
    expect(largestDifference(whole, expected)).toBeLessThan(1e-4);
    expect(largestDifference(chunked.logProb, expected)).toBeLessThan(1e-4);
    expect(largestDifference(chunked.entropy, entropy)).toBeLessThan(1e-4);
    run.dispose();
  });

  it("the gradient of a chunked pass for the head's weight is PyTorch's", () => {
    const weight = tf.variable(goldenTensor("lm_head.weight"));
    const run = jit(
      (hidden: tf.Tensor, ids: tf.Tensor) =>
        valueAndGrads(() => chunkedLogProb(hidden, weight, ids, 5).sum().div(-76), { weight }).grads,
      { compile },
    );
    const gradient = run(goldenTensor("chain.hidden"), goldenTensor("chain.ids")).weight ?? expect.fail();
    const rows = tf.gather(gradient, goldenTensor("grad_lm_head_rows.ids").toInt());
    const expected = goldenTensor("grad_lm_head_rows.values");
    const largest = expected.abs().max().dataSync()[0] ?? 0;
    expect(largestDifference(rows, expected)).toBeLessThan(1e-5 + 1e-4 * largest);
    run.dispose();
  });

  it("an adapter learns through accumulated micro-batches", () => {
    const params = { weights: { "l.weight": tf.zeros([3, 4]) } };
    let draws = 0;
    const random = { next: () => (draws++ * 0.618) % 1 };
    const adapter = createAdapter({ paths: ["l"], params, rank: 2, alpha: 2, random });
    const variables = adapterVariables(adapter);
    const accumulator = createGradientAccumulator(variables);
    const optimizer = createAdamW({ variables });
    const accumulate = jit(
      (x: tf.Tensor, y: tf.Tensor) => {
        const loss = () => {
          const error = linear({ ...params, adapters: [adapter] }, "l", x).sub(y);
          return tf.mean(tf.mul(error, tf.add(error, stopGradient(error)))).div(2);
        };
        const { value, grads } = valueAndGrads(loss, variables);
        accumulator.add(grads);
        return value;
      },
      { compile },
    );
    const apply = jit(
      (rate: tf.Scalar) => {
        const { grads, norm } = clipByGlobalNorm(accumulator.take(0.5), 10);
        optimizer.update(grads, rate);
        return norm;
      },
      { compile },
    );
    const x = tf.tensor2d([1, 0, 0, 1, 0, 1, 1, 0], [2, 4]);
    const y = tf.tensor2d([1, -1, 0, 0.5, 0, 2], [2, 3]);
    const losses: number[] = [];
    for (let step = 0; step < 150; step++) {
      const first = accumulate(x.slice([0, 0], [1, 4]), y.slice([0, 0], [1, 3]));
      const second = accumulate(x.slice([1, 0], [1, 4]), y.slice([1, 0], [1, 3]));
      losses.push(first.add(second).dataSync()[0] ?? Number.NaN);
      apply(tf.scalar(0.05));
    }
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.at(-1)).toBeLessThan(0.01);
    expect(optimizer.state.step?.dataSync()[0]).toBe(150);
    accumulate.dispose();
    apply.dispose();
  });
});
