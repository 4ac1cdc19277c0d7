// Linear layers, adapters and their files, against numbers computed by PyTorch 2.15 and PEFT 0.14 (see fixtures/README.md).

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { HostTensor } from "../safetensors/host-tensor.js";
import { readSafetensors } from "../safetensors/read.js";
import { toTensor } from "../safetensors/tensor-conversion.js";
import { writeSafetensors } from "../safetensors/write.js";
import { tf } from "../tf.js";
import { adapterVariables, createAdapter } from "./adapter.js";
import { stopGradient, valueAndGrads } from "./gradients.js";
import { linear } from "./linear.js";
import { mergeAdapter, unmergeAdapter } from "./merge.js";
import type { Adapter, Params } from "./params.js";
import { adapterFromHost, adapterToHost, readPeftAdapter, writePeftAdapter } from "./peft-files.js";
import { assignVariables, loadVariables, saveVariables, variablesToHost } from "./variable-files.js";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const LAYERS = "language_model.model.layers";
const Q0 = `${LAYERS}.0.self_attn.q_proj`;
const V1 = `${LAYERS}.1.self_attn.v_proj`;

let golden = new Map<string, HostTensor>();
beforeAll(async () => {
  await tf.setBackend("cpu");
  golden = (await readSafetensors(join(FIXTURES, "lora-and-adamw.safetensors"))).tensors;
});

function goldenTensor(name: string): tf.Tensor {
  return toTensor(golden.get(name) ?? expect.fail(`no golden tensor ${name}`));
}

function baseParams(adapters: readonly Adapter[]): Params {
  const weights: Record<string, tf.Tensor> = {};
  for (const path of [Q0, V1]) weights[`${path}.weight`] = goldenTensor(`base.${path}.weight`);
  return { weights, adapters };
}

function largestDifference(x: tf.Tensor, y: tf.Tensor): number {
  return x.sub(y).abs().max().dataSync()[0] ?? Number.NaN;
}

/** Deterministic numbers in [0,1). */
function counting(): { next(): number } {
  let i = 0;
  return { next: () => (i++ * 0.618033988749895) % 1 };
}

describe("an adapter from PEFT", () => {
  it("gives PyTorch's merged weights, and the base weights again after unmerging", async () => {
    const adapter = await readPeftAdapter(join(FIXTURES, "lora"));
    expect(adapter).toMatchObject({ rank: 4, alpha: 8 });
    const q = { weights: baseParams([]).weights, adapters: [adapter] };
    const covered: Adapter = {
      ...adapter,
      pairs: Object.fromEntries(Object.entries(adapter.pairs).filter(([path]) => path === Q0 || path === V1)),
    };
    const merged = mergeAdapter({ ...q, adapters: [covered] }, covered);
    expect(merged.adapters).toBeUndefined();
    for (const [path, short] of [
      [Q0, "layers.0.self_attn.q_proj"],
      [V1, "layers.1.self_attn.v_proj"],
    ] as const) {
      const weight = merged.weights[`${path}.weight`] ?? expect.fail();
      expect(largestDifference(weight, goldenTensor(`merged.weight.${short}`))).toBeLessThan(1e-6);
      const back = unmergeAdapter(merged, covered).weights[`${path}.weight`] ?? expect.fail();
      expect(largestDifference(back, goldenTensor(`base.${path}.weight`))).toBeLessThan(1e-6);
    }
  });

  it("acts in a linear layer like the merged weight, for inputs of rank 2 and 3", async () => {
    const params = baseParams([await readPeftAdapter(join(FIXTURES, "lora"))]);
    const x = tf.randomNormal([2, 3, 64], 0, 1, "float32", 7);
    const expected = tf.matMul(
      x.reshape([6, 64]),
      goldenTensor("merged.weight.layers.0.self_attn.q_proj"),
      false,
      true,
    );
    const y = linear(params, Q0, x);
    expect(y.shape).toEqual([2, 3, 64]);
    expect(largestDifference(y.reshape([6, 64]), expected)).toBeLessThan(1e-5);
    expect(largestDifference(linear(params, Q0, x.reshape([6, 64])), expected)).toBeLessThan(1e-5);
    const without = linear({ weights: params.weights }, Q0, x);
    expect(largestDifference(y, without)).toBeGreaterThan(0.1);
  });

  it("is written so that it reads back equal, with PEFT's names", async () => {
    const folder = await mkdtemp(join(tmpdir(), "easel-adapter-"));
    const adapter = await readPeftAdapter(join(FIXTURES, "lora"));
    await writePeftAdapter(folder, adapter, { baseModel: "tiny" });
    const original = await readSafetensors(join(FIXTURES, "lora", "adapter_model.safetensors"));
    const written = await readSafetensors(join(folder, "adapter_model.safetensors"));
    expect(new Map([...written.tensors].sort())).toEqual(new Map([...original.tensors].sort()));
    expect(await adapterToHost(await readPeftAdapter(folder))).toEqual(await adapterToHost(adapter));
    const config: unknown = JSON.parse(await readFile(join(folder, "adapter_config.json"), "utf8"));
    expect(config).toMatchObject({ peft_type: "LORA", r: 4, lora_alpha: 8, base_model_name_or_path: "tiny" });
    await rm(folder, { recursive: true });
  });

  it.each([
    ["rank-stabilised", { use_rslora: true }],
    ["weight-decomposed", { use_dora: true }],
    ["of varying rank", { rank_pattern: { q_proj: 8 } }],
    ["of another kind", { peft_type: "LOHA" }],
    ["of a rank that is not the matrices'", { r: 8 }],
  ])("%s is refused rather than misread", async (_, change) => {
    const folder = await mkdtemp(join(tmpdir(), "easel-adapter-"));
    await writePeftAdapter(folder, await readPeftAdapter(join(FIXTURES, "lora")));
    const path = join(folder, "adapter_config.json");
    const config: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...config, ...change }));
    await expect(readPeftAdapter(folder)).rejects.toMatchObject({ code: "EASEL_ENGINE_ADAPTER_FILE" });
    await rm(folder, { recursive: true });
  });

  it("with one half of a pair, or a foreign key, is refused", async () => {
    const { tensors } = await readSafetensors(join(FIXTURES, "lora", "adapter_model.safetensors"));
    const half = new Map([...tensors].slice(1));
    const foreign = new Map([...tensors, ["base_model.model.lm_head.weight", [...tensors.values()][0]!]]);
    for (const wrong of [half, foreign]) {
      expect(() => adapterFromHost(wrong, { rank: 4, alpha: 8 })).toThrow(
        expect.objectContaining({ code: "EASEL_ENGINE_ADAPTER_FILE" }),
      );
    }
  });
});

describe("a fresh adapter", () => {
  it("changes nothing, has A within 1/sqrt(in), and is equal for equal seeds", () => {
    const params = baseParams([]);
    const make = () => createAdapter({ paths: [Q0], params, rank: 3, alpha: 6, random: counting() });
    const adapter = make();
    const a = adapter.pairs[Q0]?.a ?? expect.fail();
    expect(a.shape).toEqual([3, 64]);
    expect([...a.dataSync()].every((value) => Math.abs(value) <= 1 / 8)).toBe(true);
    expect(Math.max(...a.dataSync())).toBeGreaterThan(0.1);
    expect([...a.dataSync()]).toEqual([...(make().pairs[Q0]?.a.dataSync() ?? [])]);
    const x = tf.ones([2, 64]);
    const plain = linear(params, Q0, x);
    expect(largestDifference(linear({ ...params, adapters: [adapter] }, Q0, x), plain)).toBe(0);
  });

  it("needs linear layers that exist and a positive rank", () => {
    const params: Params = { weights: { "norm.weight": tf.ones([4]) } };
    const make = (path: string, rank: number) => () =>
      createAdapter({ paths: [path], params, rank, alpha: 1, random: counting() });
    expect(make("norm", 2)).toThrow(expect.objectContaining({ code: "EASEL_ENGINE_ADAPTER" }));
    expect(make("norm", 0)).toThrow(expect.objectContaining({ code: "EASEL_ENGINE_ADAPTER" }));
    expect(make("absent", 2)).toThrow(expect.objectContaining({ code: "EASEL_ENGINE_WEIGHT_MISSING" }));
  });
});

describe("a linear layer", () => {
  it("adds its bias when there is one and sums all adapters", () => {
    const pair = (value: number) => ({ a: tf.fill([1, 2], value), b: tf.ones([3, 1]) });
    const params: Params = {
      weights: { "l.weight": tf.zeros([3, 2]), "l.bias": tf.tensor1d([1, 2, 3]) },
      adapters: [
        { rank: 1, alpha: 2, pairs: { l: pair(1) } },
        { rank: 2, alpha: 1, pairs: { l: pair(10), other: pair(100) } },
      ],
    };
    expect([...linear(params, "l", tf.ones([1, 2])).dataSync()]).toEqual([15, 16, 17]);
  });

  it("names the layer when the weight is missing or does not fit", () => {
    const params: Params = { weights: { "a.proj.weight": tf.zeros([3, 2]) } };
    expect(() => linear(params, "b.proj", tf.ones([1, 2]))).toThrow(/b\.proj\.weight.*a\.proj\.weight/);
    expect(() => linear(params, "a.proj", tf.ones([1, 3]))).toThrow(
      expect.objectContaining({ code: "EASEL_ENGINE_LINEAR_SHAPE" }),
    );
  });
});

describe("gradients", () => {
  it("come under the caller's names, and not at all for variables without influence", () => {
    const used = tf.variable(tf.scalar(3));
    const unused = tf.variable(tf.scalar(1));
    const { value, grads } = valueAndGrads(() => used.square(), { weight: used, idle: unused });
    expect(value.dataSync()[0]).toBe(9);
    expect(Object.keys(grads)).toEqual(["weight"]);
    expect(grads.weight?.dataSync()[0]).toBe(6);
  });

  it("do not pass a stopped value", () => {
    const x = tf.variable(tf.scalar(3));
    const { value, grads } = valueAndGrads(() => tf.mul(x, stopGradient(tf.mul(x, 2))), { x });
    expect(value.dataSync()[0]).toBe(18);
    expect(grads.x?.dataSync()[0]).toBe(6);
  });

  it("reach the matrices of an adapter and leave a frozen weight alone", () => {
    const params = baseParams([]);
    const adapter = createAdapter({ paths: [Q0], params, rank: 2, alpha: 2, random: counting() });
    const loss = () =>
      linear({ ...params, adapters: [adapter] }, Q0, tf.ones([2, 64]))
        .square()
        .sum();
    const { grads } = valueAndGrads(loss, adapterVariables(adapter));
    // B is zero at the start, so A has a gradient of zero and B has not.
    expect(grads[`${Q0}.lora_A`]?.abs().max().dataSync()[0]).toBe(0);
    expect(grads[`${Q0}.lora_B`]?.abs().max().dataSync()[0]).toBeGreaterThan(0.1);
  });

  it("leave no tensors behind inside tidy", () => {
    const x = tf.variable(tf.ones([4]));
    const run = () =>
      tf.tidy(() => {
        valueAndGrads(() => stopGradient(x.square()).mul(x).sum(), { x });
      });
    run();
    const before = tf.memory().numTensors;
    run();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("saved variables", () => {
  it("are restored exactly", async () => {
    const variables = { m: tf.variable(tf.tensor1d([1, 2])), step: tf.variable(tf.scalar(5)) };
    const saved = await variablesToHost(variables);
    variables.m.assign(tf.zeros([2]));
    variables.step.assign(tf.scalar(0));
    assignVariables(variables, saved);
    expect([...variables.m.dataSync(), ...variables.step.dataSync()]).toEqual([1, 2, 5]);
  });

  it("are the same file when one at a time is written, and come back from it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "easel-variables-"));
    const flag = tf.variable(tf.tensor1d([1, 0], "bool"));
    const count = tf.variable(tf.scalar(7, "int32"));
    const variables = { m: tf.variable(tf.tensor2d([[1, -2.5]])), count, flag };
    const [whole, streamed] = [join(folder, "whole"), join(folder, "streamed")];
    await writeSafetensors(whole, await variablesToHost(variables));
    await saveVariables(streamed, variables);
    expect(await readFile(streamed)).toEqual(await readFile(whole));
    for (const variable of Object.values<tf.Variable>(variables)) variable.assign(tf.zerosLike(variable));
    await loadVariables(streamed, variables);
    const values = Object.values(variables).map((variable) => [...variable.dataSync()]);
    expect(values).toEqual([[1, -2.5], [7], [1, 0]]);

    variables.m.assign(tf.zeros([1, 2]));
    const other = { ...variables, count: tf.variable(tf.zeros([2], "int32")) };
    await expect(loadVariables(streamed, other)).rejects.toMatchObject({
      code: "EASEL_ENGINE_STATE_MISMATCH",
    });
    expect([...variables.m.dataSync()]).toEqual([0, 0]);
    await rm(folder, { recursive: true });
  });

  it("of another shape or with other names change nothing", async () => {
    const variables = { a: tf.variable(tf.scalar(1)), b: tf.variable(tf.ones([2])) };
    const zero = await variablesToHost({ a: tf.scalar(0), b: tf.zeros([3]) });
    const missing = await variablesToHost({ a: tf.scalar(0) });
    const extra = await variablesToHost({ a: tf.scalar(0), b: tf.zeros([2]), c: tf.scalar(0) });
    for (const wrong of [zero, missing, extra]) {
      expect(() => assignVariables(variables, wrong)).toThrow(
        expect.objectContaining({ code: "EASEL_ENGINE_STATE_MISMATCH" }),
      );
      expect(variables.a.dataSync()[0]).toBe(1);
    }
  });
});
