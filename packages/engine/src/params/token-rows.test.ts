// Trained rows of a few tokens over a frozen embedding and head: the same numbers as a matrix with those rows replaced,
// gradients for them alone, and the same from files.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../jit/jit.js";
import { startEngine } from "../start-engine.js";
import { tf } from "../tf.js";
import { adapterVariables, createAdapter, parseAdapterVariable } from "./adapter.js";
import { valueAndGrads } from "./gradients.js";
import { linear } from "./linear.js";
import { mergeAdapter, rowsBeforeMerge, unmergeAdapter } from "./merge.js";
import type { Adapter, Params, TrainableAdapter } from "./params.js";
import { readPeftAdapter, writePeftAdapter } from "./peft-files.js";
import { embeddingRows } from "./token-rows.js";

const EMBED = "language_model.model.embed_tokens";
const HEAD = "language_model.lm_head";
const PROJ = "language_model.model.layers.0.self_attn.q_proj";
const TOKENS = 9;
const WIDTH = 4;

beforeAll(async () => {
  await startEngine();
});

function base(): Params {
  const matrix = (rows: number, seed: number): tf.Tensor =>
    tf.randomNormal([rows, WIDTH], 0, 1, "float32", seed);
  const weights = {
    [`${EMBED}.weight`]: matrix(TOKENS, 1),
    [`${HEAD}.weight`]: matrix(TOKENS, 2),
    [`${PROJ}.weight`]: matrix(WIDTH, 3),
  };
  return { weights };
}

/** An adapter whose rows and matrices are not what they start from. */
function moved(params: Params, ids: readonly number[]): TrainableAdapter {
  const tokenRows = { [EMBED]: ids, [HEAD]: ids };
  const random = { next: () => 0.7 };
  const adapter = createAdapter({ paths: [PROJ], params, rank: 2, alpha: 4, random, tokenRows });
  for (const [i, variable] of Object.values(adapterVariables(adapter)).entries()) {
    variable.assign(tf.randomNormal(variable.shape, 0, 1, "float32", 10 + i));
  }
  return adapter;
}

/** A model small enough to follow: embedding, one layer, head. `[ids, tokens]`. */
function logits(params: Params, ids: readonly number[]): tf.Tensor {
  const x = embeddingRows(params, EMBED, tf.tensor2d([...ids], [1, ids.length], "int32"));
  return linear(params, HEAD, linear(params, PROJ, x)).reshape([ids.length, TOKENS]);
}

const withAdapter = (params: Params, adapter: Adapter): Params => ({ ...params, adapters: [adapter] });
const everyToken = Array.from({ length: TOKENS }, (_, id) => id);
const largest = (x: tf.Tensor): number => x.abs().max().dataSync()[0] ?? Number.NaN;

describe("token rows", () => {
  it("start as what the rows are, so that nothing changes", () => {
    const params = base();
    const tokenRows = { [EMBED]: [7, 2], [HEAD]: [0, 1, 8] };
    const random = { next: () => 0.5 };
    const adapter = createAdapter({ paths: [PROJ], params, rank: 2, alpha: 4, random, tokenRows });
    const change = tf.sub(logits(withAdapter(params, adapter), everyToken), logits(params, everyToken));
    expect(largest(change)).toBeLessThan(1e-6);
  });

  it("start from the adapter beneath, its low-rank pairs included", () => {
    const params = base();
    const under = moved(params, [3, 4]);
    const onHead: Adapter = { rank: 2, alpha: 2, pairs: { [HEAD]: under.pairs[PROJ] ?? expect.fail() } };
    const wide: Adapter = {
      ...onHead,
      pairs: { [HEAD]: { a: tf.ones([2, WIDTH]), b: tf.ones([TOKENS, 2]) } },
    };
    const below: Params = { ...params, adapters: [wide, under] };
    const tokenRows = { [EMBED]: [4, 5], [HEAD]: [2, 3] };
    const random = { next: () => 0.5 };
    const over = createAdapter({ paths: [], params: below, rank: 1, alpha: 1, random, tokenRows });
    const both: Params = { ...below, adapters: [wide, under, over] };
    const change = tf.sub(logits(both, everyToken), logits(below, everyToken));
    expect(largest(change)).toBeLessThan(1e-5);
  });

  it("act like a matrix with those rows, for any ids in any order, eagerly and traced", () => {
    const ids = fc.uniqueArray(fc.nat(TOKENS - 1), { minLength: 1, maxLength: TOKENS });
    fc.assert(
      fc.property(ids, (own) => {
        const params = base();
        const adapter = moved(params, own);
        const found = logits(withAdapter(params, adapter), everyToken);
        expect(largest(tf.sub(found, logits(mergeAdapter(params, adapter), everyToken)))).toBeLessThan(1e-5);
      }),
      { numRuns: 25 },
    );
    const params = base();
    const adapted = withAdapter(params, moved(params, [8, 2, 3]));
    for (const compile of ["graph", "xla"] as const) {
      const traced = jit((p: Params) => logits(p, everyToken), { compile });
      expect(largest(tf.sub(traced(adapted), logits(adapted, everyToken)))).toBeLessThan(1e-5);
      traced.dispose();
    }
  });

  it("get the gradients of those rows of a trained matrix, and the frozen rest gets none", () => {
    const ids = [6, 1, 2];
    const params = base();
    const adapter = moved(params, ids);
    const merged = mergeAdapter(params, adapter);
    const [embed, head] = [`${EMBED}.weight`, `${HEAD}.weight`];
    const whole = {
      embed: tf.variable(merged.weights[embed] ?? expect.fail()),
      head: tf.variable(merged.weights[head] ?? expect.fail()),
    };
    const full = { weights: { ...merged.weights, [embed]: whole.embed, [head]: whole.head } };
    const loss = (p: Params): tf.Tensor =>
      tf
        .logSoftmax(logits(p, [6, 0, 1, 5, 6]))
        .square()
        .mul(tf.range(0, TOKENS))
        .sum();
    const wanted = valueAndGrads(() => loss(full), whole);
    const found = valueAndGrads(() => loss(withAdapter(params, adapter)), adapterVariables(adapter));
    expect(Object.keys(found.grads).sort()).toEqual(Object.keys(adapterVariables(adapter)).sort());
    for (const [path, gradient] of [
      [EMBED, wanted.grads.embed],
      [HEAD, wanted.grads.head],
    ] as const) {
      const rows = tf.gather(gradient ?? expect.fail(), ids);
      const own = found.grads[`${path}.token_rows.6_1_2`] ?? expect.fail();
      expect(largest(tf.sub(own, rows))).toBeLessThan(1e-4 * largest(rows) + 1e-5);
    }
  });

  it("are refused for ids that the matrix has not, ids given twice, and layers with a pair", () => {
    const params = base();
    const make =
      (path: string, ids: readonly number[], paths: readonly string[] = []) =>
      () =>
        createAdapter({
          paths,
          params,
          rank: 1,
          alpha: 1,
          random: { next: () => 0 },
          tokenRows: { [path]: ids },
        });
    for (const wrong of [
      make(EMBED, [TOKENS]),
      make(EMBED, [-1]),
      make(EMBED, [1, 1]),
      make(EMBED, []),
      make(HEAD, [1], [HEAD]),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ code: "EASEL_ENGINE_ADAPTER" }));
    }
    expect(make("absent", [1])).toThrow(expect.objectContaining({ code: "EASEL_ENGINE_WEIGHT_MISSING" }));
  });
});

describe("names of what is trained", () => {
  it("say which tokens rows belong to", () => {
    const adapter = moved(base(), [5, 3]);
    const parsed = Object.keys(adapterVariables(adapter)).map(parseAdapterVariable);
    expect(parsed).toEqual([
      { kind: "a", path: PROJ },
      { kind: "b", path: PROJ },
      { kind: "tokenRows", path: EMBED, ids: [5, 3] },
      { kind: "tokenRows", path: HEAD, ids: [5, 3] },
    ]);
    expect(parseAdapterVariable("language_model.lm_head.weight")).toBeNull();
  });
});

describe("merging", () => {
  it("and unmerging brings rows back bit for bit and weights within two roundings", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const params = base();
        const adapter = moved(params, [0, 4]);
        const size = 10 ** ((seed % 7) - 3);
        adapter.pairs[PROJ]?.b.assign(tf.randomNormal([WIDTH, 2], 0, size, "float32", seed));
        const before = rowsBeforeMerge(params, adapter);
        const merged = mergeAdapter(params, adapter);
        const back = unmergeAdapter(merged, adapter, before);
        for (const path of [EMBED, HEAD]) {
          const [x, y] = [back.weights[`${path}.weight`], params.weights[`${path}.weight`]];
          expect(x?.dataSync()).toEqual(y?.dataSync());
        }
        const [old, sum, again] = [params, merged, back].map((p) => p.weights[`${PROJ}.weight`]?.dataSync());
        again?.forEach((value, i) => {
          const larger = Math.max(Math.abs(old?.[i] ?? 0), Math.abs(sum?.[i] ?? 0));
          expect(Math.abs(value - (old?.[i] ?? Number.NaN))).toBeLessThanOrEqual(larger * 2 ** -23);
        });
      }),
      { numRuns: 30 },
    );
  });

  it("leaves the parameters from before as they were, and unmerging without the old rows is refused", () => {
    const params = base();
    const adapter = moved(params, [0, 4]);
    const before = Object.values(params.weights).map((w) => w.dataSync().slice());
    const merged = mergeAdapter(withAdapter(params, adapter), adapter);
    expect(merged.adapters).toBeUndefined();
    expect(Object.values(params.weights).map((w) => w.dataSync())).toEqual(before);
    expect(() => unmergeAdapter(merged, adapter)).toThrow(
      expect.objectContaining({ code: "EASEL_ENGINE_ADAPTER" }),
    );
  });
});

describe("as files", () => {
  it("they come back equal, under PEFT's names, with the ids in the configuration", async () => {
    const folder = await mkdtemp(join(tmpdir(), "easel-rows-"));
    const adapter = moved(base(), [5, 3]);
    await writePeftAdapter(folder, adapter);
    const config: Record<string, unknown> = JSON.parse(
      await readFile(join(folder, "adapter_config.json"), "utf8"),
    );
    expect(config.trainable_token_indices).toEqual({ [EMBED]: [5, 3], [HEAD]: [5, 3] });
    const read = await readPeftAdapter(folder);
    const [x, y] = [adapterVariables(adapter), adapterVariables(read)];
    expect(Object.keys(y)).toEqual(Object.keys(x));
    for (const name of Object.keys(x)) expect(y[name]?.dataSync()).toEqual(x[name]?.dataSync());
    // PEFT also takes the end of a module's path for its name.
    const short = { ...config, trainable_token_indices: { embed_tokens: [5, 3], lm_head: [5, 3] } };
    await writeFile(join(folder, "adapter_config.json"), JSON.stringify(short));
    expect((await readPeftAdapter(folder)).tokenRows?.[HEAD]?.ids).toEqual([5, 3]);
    await rm(folder, { recursive: true });
  });

  it.each([
    ["no ids", undefined],
    ["ids of one module only", { embed_tokens: [5, 3] }],
    ["ids given as a list, which is the embedding alone", [5, 3]],
    ["ids of a module that is not there", { embed_tokens: [5, 3], lm_head: [5, 3], other: [1] }],
    ["a name that means both", { embed_tokens: [5, 3], lm_head: [5, 3], [HEAD]: [5, 3] }],
    ["another number of ids", { embed_tokens: [5, 3, 1], lm_head: [5, 3] }],
    ["an id twice", { embed_tokens: [5, 5], lm_head: [5, 3] }],
    ["an id that is no number", { embed_tokens: ["5", 3], lm_head: [5, 3] }],
  ])("with %s they are refused", async (_, indices) => {
    const folder = await mkdtemp(join(tmpdir(), "easel-rows-"));
    await writePeftAdapter(folder, moved(base(), [5, 3]));
    const path = join(folder, "adapter_config.json");
    const config: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...config, trainable_token_indices: indices }));
    await expect(readPeftAdapter(folder)).rejects.toMatchObject({ code: "EASEL_ENGINE_ADAPTER_FILE" });
    await rm(folder, { recursive: true });
  });
});
