// Adapters in the PEFT library on the transformers layout: an adapter that Easel wrote gives the same logits there, and what
// PEFT saves is read back. Against numbers that PEFT computed before (packages/janus/fixtures/peft_numbers.py, peft 0.21.2), and
// live where EASEL_TRANSFORMERS_PYTHON names a Python that has torch, transformers and peft.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Adapter,
  adapterToHost,
  adapterVariables,
  createAdapter,
  disposeAdapter,
  mergeAdapter,
  type Params,
  readSafetensors,
  startEngine,
  type TrainableAdapter,
  tf,
  toTensor,
  variablesToHost,
  writeSafetensors,
} from "@easel/engine";
import {
  adapterLayerPaths,
  decoderForward,
  digestOf,
  disposeChanges,
  disposeWeights,
  exportCheckpoint,
  imageEmbedding,
  imageLogits,
  type JanusModel,
  layoutTokenRows,
  loadJanus,
  readJanusAdapter,
  readPolicyChanges,
  textEmbedding,
  textLogits,
  writeJanusAdapter,
} from "@easel/janus";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures, tinyCheckpoint, towerCheckpoint } from "./tiny-checkpoint.js";

const script = fileURLToPath(new URL("../../packages/janus/fixtures/peft_numbers.py", import.meta.url));
const python = process.env.EASEL_TRANSFORMERS_PYTHON;
const run = promisify(execFile);
type Results = Awaited<ReturnType<typeof readSafetensors>>;

let folder: string;
let tiny: string;

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-peft-"));
  const source = await tinyCheckpoint(join(folder, "source"));
  tiny = join(folder, "tiny");
  await exportCheckpoint({ source, layout: "transformers", out: tiny, imageSize: 64 });
});
afterAll(() => rm(folder, { recursive: true }));

/** An adapter over everything that can be covered, with numbers that follow from its shapes alone. */
function fullAdapter({ params, tokenizer }: JanusModel, rank: number, alpha: number): TrainableAdapter {
  const adapter = createAdapter({
    paths: adapterLayerPaths(params, { imageHead: true, imageAligner: true }),
    params,
    rank,
    alpha,
    random: { next: () => 0.5 },
    tokenRows: layoutTokenRows(tokenizer),
  });
  for (const [i, [, variable]] of Object.entries(adapterVariables(adapter)).entries()) {
    const values = Float32Array.from({ length: variable.size }, (_, at) => 0.2 * Math.sin(at * 0.7 + i));
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  return adapter;
}

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? Number.NaN;
}

/** How far Easel's logits under `params` are from PEFT's, as a share of the largest. */
function distance({ config }: JanusModel, params: Params, results: Results, prefix: string): number {
  return tf.tidy(() => {
    const found = (name: string): tf.Tensor => toTensor(results.tensors.get(name) ?? expect.fail(name));
    const [ids, codes] = [found("ids"), found("picture_codes")];
    const text = textLogits(params, decoderForward(config.language, params, textEmbedding(params, ids)));
    const embeds = tf.concat([textEmbedding(params, ids), imageEmbedding(config, params, codes)], 1);
    const hidden = decoderForward(config.language, params, embeds);
    const [batch = 0, seq = 0] = ids.shape;
    const image = imageLogits(params, tf.slice(hidden, [0, seq - 1, 0], [batch, codes.shape[1] ?? 0, -1]));
    const shares = [
      [text, found(`${prefix}.text_logits`)] as const,
      [image, found(`${prefix}.image_logits`)] as const,
    ].map(([own, theirs]) => largestDifference(own, theirs) / (tf.max(tf.abs(theirs)).dataSync()[0] ?? 0));
    return Math.max(...shares);
  });
}

/** The fixtures' tolerance: 1e-4 for logits up to 13. */
const tolerance = 1e-4 / 13;

function expectSameLogits(model: JanusModel, adapter: Adapter, results: Results): void {
  const adapted: Params = { ...model.params, adapters: [adapter] };
  expect(distance(model, adapted, results, "adapted")).toBeLessThan(tolerance);
  expect(distance(model, model.params, results, "off")).toBeLessThan(tolerance);
  const merged = mergeAdapter(model.params, adapter);
  expect(distance(model, merged, results, "merged")).toBeLessThan(tolerance);
  // The control: without the adapter the numbers are others.
  expect(distance(model, model.params, results, "adapted")).toBeGreaterThan(0.1);
}

it("an adapter with low-rank pairs and token rows gives the logits that PEFT computed", async () => {
  const golden = await readSafetensors(join(fixtures, "expected/peft.safetensors"));
  const model = await loadJanus(tiny);
  const adapter = fullAdapter(model, 4, 8);
  expectSameLogits(model, adapter, golden);
  disposeAdapter(adapter);
  disposeWeights(model.params);
});

it("an adapter comes back from a folder of either layout, and PEFT is told full paths and both modules", async () => {
  const model = await loadJanus(tiny);
  const adapter = fullAdapter(model, 32, 32);
  for (const layout of ["original", "transformers"] as const) {
    const out = join(folder, `adapter-${layout}`);
    await mkdir(out);
    await writeJanusAdapter(out, adapter, layout);
    const read = await readJanusAdapter(out);
    expect(digestOf(await adapterToHost(read))).toBe(digestOf(await adapterToHost(adapter)));
    expect(read).toMatchObject({ rank: 32, alpha: 32 });
    disposeAdapter(read);
  }
  const config = JSON.parse(await readFile(join(folder, "adapter-transformers/adapter_config.json"), "utf8"));
  expect(config).toMatchObject({ r: 32, lora_alpha: 32, lora_dropout: 0 });
  const language = config.target_modules.filter((path: string) => !path.startsWith("model.generation_"));
  expect(language).toHaveLength(14);
  for (const path of language) expect(path).toMatch(/^model\.language_model\.layers\.\d\./);
  expect(config.trainable_token_indices).toEqual({
    "model.language_model.embed_tokens": [488, 489, 490, 491],
    lm_head: [488, 489, 490, 491],
  });
  disposeAdapter(adapter);
  disposeWeights(model.params);
});

it.each([
  { what: "an adapter's folder", isFolder: true },
  { what: "what a run trained", isFolder: false },
])(
  "merged from $what, token rows are in both matrices and all other rows stay byte for byte",
  async ({ isFolder }) => {
    const model = await loadJanus(tiny);
    const adapter = fullAdapter(model, 4, 8);
    const made = join(folder, `merged-from-${isFolder}`);
    await mkdir(made);
    const policy = join(made, "policy.safetensors");
    if (isFolder) await writeJanusAdapter(made, adapter, "original");
    else await writeSafetensors(policy, await variablesToHost(adapterVariables(adapter)));
    const changes = isFolder ? await readPolicyChanges(made) : await readPolicyChanges(policy, 8);
    const out = join(folder, `merged-${isFolder}`);
    await exportCheckpoint({ source: tiny, layout: "transformers", out, changes, merge: true });
    disposeChanges(changes);
    const golden = await readSafetensors(join(fixtures, "expected/peft.safetensors"));
    const exported = await loadJanus(out);
    expect(distance(exported, exported.params, golden, "merged")).toBeLessThan(tolerance);
    const [before, after] = [
      await readSafetensors(join(tiny, "model.safetensors")),
      await readSafetensors(join(out, "model.safetensors")),
    ];
    for (const name of ["lm_head.weight", "model.language_model.embed_tokens.weight"]) {
      const [old, now] = [before, after].map((file) => Buffer.from(file.tensors.get(name)?.bytes ?? []));
      const rowBytes = (old?.length ?? 0) / 512;
      const changed = Array.from({ length: 512 }, (_, row) => row).filter((row) => {
        const [begin, end] = [row * rowBytes, (row + 1) * rowBytes];
        return old?.subarray(begin, end).compare(now?.subarray(begin, end) ?? Buffer.alloc(0)) !== 0;
      });
      expect(changed).toEqual([488, 489, 490, 491]);
    }
    disposeWeights(exported.params);
    disposeAdapter(adapter);
    disposeWeights(model.params);
  },
);

describe.skipIf(python === undefined)("live, by the Python of EASEL_TRANSFORMERS_PYTHON", () => {
  async function byPeft(checkpoint: string, adapter: string): Promise<{ results: Results; saved: string }> {
    const [out, saved] = [`${adapter}.safetensors`, `${adapter}-saved`];
    const env = { ...process.env, HF_HUB_OFFLINE: "1" };
    await run(python ?? "", [script, checkpoint, adapter, out, saved], { env, timeout: 280_000 });
    return { results: await readSafetensors(out), saved };
  }

  it.each([
    { what: "without a tower", isTower: false, rank: 4, alpha: 8 },
    { what: "with a tower, which the adapter leaves alone", isTower: true, rank: 32, alpha: 32 },
  ])("a checkpoint $what", { timeout: 300_000 }, async ({ isTower, rank, alpha }) => {
    let checkpoint = tiny;
    if (isTower) {
      checkpoint = join(folder, "tower");
      const source = await towerCheckpoint(join(folder, "tower-source"));
      await exportCheckpoint({ source, layout: "transformers", out: checkpoint });
    }
    const model = await loadJanus(checkpoint);
    const adapter = fullAdapter(model, rank, alpha);
    const made = join(folder, `live-${rank}`);
    await mkdir(made);
    await writeJanusAdapter(made, adapter, "transformers");
    const { results, saved } = await byPeft(checkpoint, made);
    expectSameLogits(model, adapter, results);
    const modules = JSON.parse(results.metadata.modules ?? "[]") as string[];
    expect(modules).toHaveLength(18);
    const isInTower = (path: string): boolean => path.includes("vision_model");
    expect(modules.some(isInTower)).toBe(false);
    expect((JSON.parse(results.metadata.bare_modules ?? "[]") as string[]).some(isInTower)).toBe(true);
    const read = await readJanusAdapter(saved);
    expect(digestOf(await adapterToHost(read))).toBe(digestOf(await adapterToHost(adapter)));
    disposeAdapter(read);
    disposeAdapter(adapter);
    disposeWeights(model.params);
  });
});

if (python === undefined) {
  process.stderr.write(
    "the live checks against PEFT did not run: name a Python that has torch, transformers and peft in EASEL_TRANSFORMERS_PYTHON\n",
  );
}
