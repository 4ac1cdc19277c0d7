// Several adapters over one base: each is switched on by listing it, and the base is in memory once.
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Adapter,
  adapterVariables,
  createAdapter,
  disposeAdapter,
  jit,
  memory,
  mergeAdapter,
  type Params,
  startEngine,
  type TrainableAdapter,
  tf,
} from "@easel/engine";
import { afterAll, beforeAll, expect, it } from "vitest";
import { textEmbedding } from "../../decoder/embeddings.js";
import { textLogits } from "../../decoder/heads.js";
import { decoderForward } from "../../decoder/layers.js";
import { loadJanus } from "../load.js";
import { disposeWeights, type JanusModel } from "../model.js";
import { readJanusAdapter, writeJanusAdapter } from "./adapter-folder.js";
import { adapterLayerPaths, layoutTokenRows } from "./adapter-layers.js";

const fixture = new URL("../../../fixtures/janus-tiny/", import.meta.url).pathname;
let folder: string;
let model: JanusModel;

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-several-"));
  for (const part of ["original", "tokenizer"]) await cp(join(fixture, part), folder, { recursive: true });
  model = await loadJanus(folder, { imageSize: 64 });
});
afterAll(async () => {
  disposeWeights(model.params);
  await rm(folder, { recursive: true });
});

function made(seed: number, targets: readonly string[]): TrainableAdapter {
  const { params, tokenizer } = model;
  const adapter = createAdapter({
    paths: adapterLayerPaths(params, { targets }),
    params,
    rank: 2,
    alpha: 4,
    random: { next: () => 0.5 },
    tokenRows: layoutTokenRows(tokenizer),
  });
  for (const [i, variable] of Object.values(adapterVariables(adapter)).entries()) {
    tf.tidy(() => variable.assign(tf.randomNormal(variable.shape, 0, 0.2, "float32", 100 * seed + i)));
  }
  return adapter;
}

function bytesOf(adapter: Adapter): number {
  const pairs = Object.values(adapter.pairs).flatMap(({ a, b }) => [a, b]);
  const rows = Object.values(adapter.tokenRows ?? {}).map(({ values }) => values);
  return [...pairs, ...rows].reduce((sum, { size }) => sum + 4 * size, 0);
}

it("they are loaded and switched without a second copy of the base, and each acts as if it were merged alone", async () => {
  const adapters = [made(1, ["q_proj", "down_proj"]), made(2, ["v_proj"])];
  for (const [i, adapter] of adapters.entries()) {
    await mkdir(join(folder, `adapter-${i}`));
    await writeJanusAdapter(join(folder, `adapter-${i}`), adapter, i === 0 ? "original" : "transformers");
    disposeAdapter(adapter);
  }
  const ids = tf.tensor2d([[480, 3, 488, 40, 489, 490, 7, 491]], undefined, "int32");
  const logits = jit((params: Params) =>
    textLogits(params, decoderForward(model.config.language, params, textEmbedding(params, ids))),
  );
  const valuesOf = (params: Params): Float32Array => {
    const result = logits(params);
    const values = result.dataSync().slice() as Float32Array;
    result.dispose();
    return values;
  };
  const base = valuesOf(model.params);
  const before = memory().sizeBytes;
  const read = [
    await readJanusAdapter(join(folder, "adapter-0")),
    await readJanusAdapter(join(folder, "adapter-1")),
  ];
  const [first, second] = read as [TrainableAdapter, TrainableAdapter];
  const on = (...list: readonly Adapter[]): Params => ({ weights: model.params.weights, adapters: list });
  const found = [on(first), on(second), on(first, second)].map(valuesOf);
  // Variables go to the device with their first use.
  expect(memory().sizeBytes - before).toBe(bytesOf(first) + bytesOf(second));
  const merged = [[first], [second], [first, second]].map((list) => {
    const params = list.reduce<Params>((p, adapter) => mergeAdapter(p, adapter), model.params);
    return valuesOf(params);
  });
  const apart = (a: Float32Array, b: Float32Array): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
  for (const [i, values] of found.entries()) {
    expect(apart(values, merged[i] ?? base)).toBeLessThan(1e-4);
    expect(apart(values, base)).toBeGreaterThan(0.1);
  }
  // Switched off again, the base is as it was, to the bit.
  expect(valuesOf(model.params)).toEqual(base);
  expect(valuesOf(on(first))).toEqual(found[0]);
  for (const adapter of read) disposeAdapter(adapter);
});
