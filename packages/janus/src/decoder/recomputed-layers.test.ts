// Activation checkpointing of the decoder in a LoRA step: the same gradients, and a lower peak of the process's memory.
// Needs the native library: the peak of an interpreter says nothing.
import {
  type Adapter,
  adapterVariables,
  createAdapter,
  jit,
  type Params,
  startEngine,
  type TrainableAdapter,
  tf,
  valueAndGrads,
} from "@easel/engine";
import { beforeAll, describe, expect, it } from "vitest";
import type { LanguageConfig } from "../config.js";
import { decoderForward } from "./layers.js";

const config: LanguageConfig = {
  hidden: 64,
  layers: 8,
  heads: 4,
  kvHeads: 4,
  headDim: 16,
  intermediate: 512,
  vocabulary: 8,
  ropeTheta: 10_000,
  rmsEps: 1e-6,
};
const TARGETS = ["self_attn.q_proj", "self_attn.v_proj", "mlp.down_proj"];

describe.skipIf(process.env.EASEL_TENSORFLOW_DIR === undefined)("a LoRA step with recomputed layers", () => {
  let params: Params;
  let adapter: TrainableAdapter;

  beforeAll(async () => {
    await startEngine({ backend: "tensorflow" });
    const { hidden, intermediate } = config;
    const root = "language_model.model";
    const weights: Record<string, tf.Tensor> = { [`${root}.norm.weight`]: tf.ones([hidden]) };
    const paths: string[] = [];
    for (let layer = 0; layer < config.layers; layer++) {
      const path = `${root}.layers.${layer}`;
      const matrix = (name: string, shape: [number, number]): void => {
        weights[`${path}.${name}.weight`] = tf.randomUniform(shape, -0.1, 0.1, "float32", layer + 1);
      };
      for (const name of ["q_proj", "k_proj", "v_proj", "o_proj"])
        matrix(`self_attn.${name}`, [hidden, hidden]);
      matrix("mlp.gate_proj", [intermediate, hidden]);
      matrix("mlp.up_proj", [intermediate, hidden]);
      matrix("mlp.down_proj", [hidden, intermediate]);
      for (const norm of ["input_layernorm", "post_attention_layernorm"]) {
        weights[`${path}.${norm}.weight`] = tf.ones([hidden]);
      }
      paths.push(...TARGETS.map((target) => `${path}.${target}`));
    }
    let drawn = 0;
    const random = { next: () => (drawn++ * 0.618034) % 1 };
    adapter = createAdapter({ paths, params: { weights }, rank: 4, alpha: 8, random });
    // B starts at zero, where A has no gradient.
    tf.tidy(() => {
      for (const { b } of Object.values(adapter.pairs)) b.assign(tf.add(b, 0.01));
    });
    params = { weights, adapters: [adapter satisfies Adapter] };
  });

  const stepOf = (isRecomputed: boolean) => {
    const trained = adapterVariables(adapter);
    return jit(
      (x: tf.Tensor) => {
        const loss = () =>
          tf.sum(
            tf.square(decoderForward(config, params, x, isRecomputed ? { recompute: trained } : {})).mul(x),
          );
        return valueAndGrads(loss, trained).grads;
      },
      { name: isRecomputed ? "recomputed" : "plain" },
    );
  };
  const input = (batch: number, seq: number) =>
    tf.randomUniform([batch, seq, config.hidden], -1, 1, "float32", 7);

  it("has the gradients of a plain step", { timeout: 300_000 }, () => {
    const x = input(2, 12);
    const [plain, again] = [stepOf(false)(x), stepOf(true)(x)];
    expect(Object.keys(plain)).toHaveLength(2 * TARGETS.length * config.layers);
    expect(Object.keys(again).sort()).toEqual(Object.keys(plain).sort());
    for (const [name, gradient] of Object.entries(plain)) {
      const scale = tf.max(tf.abs(gradient)).dataSync()[0] ?? Number.NaN;
      const worst = tf.max(tf.abs(tf.sub(gradient, again[name] as tf.Tensor))).dataSync()[0];
      expect(scale).toBeGreaterThan(0);
      expect(worst).toBeLessThan(1e-5 + 1e-4 * scale);
    }
  });

  it("peaks at less than half the memory of a plain step", { timeout: 300_000 }, () => {
    const peakMb = () => process.resourceUsage().maxRSS / 1024;
    const x = input(8, 160);
    const grownBy = (step: (x: tf.Tensor) => unknown): number => {
      tf.tidy(() => void step(x.slice([0, 0, 0], [1, 8, -1])));
      const before = peakMb();
      tf.tidy(() => void step(x));
      return peakMb() - before;
    };
    // In this order: the peak of a process never falls, so the larger one must come last.
    const again = grownBy(stepOf(true));
    const plain = again + grownBy(stepOf(false));
    expect(plain).toBeGreaterThan(60);
    expect(again).toBeLessThan(0.5 * plain);
  });
});
