// An exported checkpoint in the transformers library's own Janus class: against numbers that it computed before
// (packages/janus/fixtures/transformers_numbers.py, transformers 5.23.0), and live where EASEL_TRANSFORMERS_PYTHON names a
// Python that has torch and transformers.
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readSafetensors, startEngine } from "@easel/engine";
import { disposeWeights, type ExportReport, exportCheckpoint, loadJanus } from "@easel/janus";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Differences, differences } from "./easel-numbers.js";

const repo = fileURLToPath(new URL("../..", import.meta.url));
const fixtures = join(repo, "packages/janus/fixtures");
const python = process.env.EASEL_TRANSFORMERS_PYTHON;
const run = promisify(execFile);

let folder: string;
let tinySource: string;

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-export-"));
  tinySource = join(folder, "tiny-source");
  await cp(join(fixtures, "janus-tiny/original"), tinySource, { recursive: true });
  await cp(join(fixtures, "janus-tiny/tokenizer"), tinySource, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

type Results = Awaited<ReturnType<typeof readSafetensors>>;

function jsonOf(results: Results, key: string): unknown {
  return JSON.parse(results.metadata[key] ?? "null");
}

async function compare(checkpoint: string, results: Results): Promise<Differences> {
  const model = await loadJanus(checkpoint);
  try {
    const texts = jsonOf(results, "texts") as string[];
    const ids = texts.map((text) => model.tokenizer.encode(text, { begin: true }));
    expect(ids).toEqual(jsonOf(results, "token_ids"));
    return differences(model, results.tensors);
  } finally {
    disposeWeights(model.params);
  }
}

function expectLoadedWhole(results: Results, report: ExportReport): void {
  expect(jsonOf(results, "missing")).toEqual([...report.missing].sort());
  expect(jsonOf(results, "unexpected")).toEqual([]);
  expect(jsonOf(results, "mismatched")).toEqual([]);
  expect(report.missing.every((name) => /^model\.(vision_model|aligner)\./.test(name))).toBe(true);
}

/**
 * The tolerances of the fixtures, fp32 on both sides. That of logits is for values up to 13; those of a trained model
 * reach 90 on pictures it would not draw, and PyTorch's own fp32 is then 1e-4 away from its fp64.
 */
function expectSameModel(found: Differences): void {
  const logitTolerance = 1e-4 * Math.max(1, found.largestLogit / 13);
  expect(found.textLogits).toBeLessThan(1e-4);
  expect(found.imageLogits).toBeLessThan(logitTolerance);
  expect(found.decoded).toBeLessThan(3e-5);
  expect(found.latent).toBeLessThan(5e-5);
  expect(found.drawn).toBeLessThan(5e-4);
}

describe("the exported reference model", () => {
  it("is what the transformers library computed with, to its own numbers", async () => {
    const out = join(folder, "tiny");
    const report = await exportCheckpoint({
      source: tinySource,
      layout: "transformers",
      out,
      imageSize: 64,
    });
    const golden = await readSafetensors(join(fixtures, "janus-tiny/expected/transformers.safetensors"));
    expectLoadedWhole(golden, report);
    const found = await compare(out, golden);
    expectSameModel(found);
    // Its codebook is not of unit length on purpose, and the library leaves it so when it encodes.
    expect(found.codes).toBeGreaterThan(0);
    expect(report.notes.join()).toMatch(/not of unit length/);
  });
});

describe.skipIf(python === undefined)("live, by the Python of EASEL_TRANSFORMERS_PYTHON", () => {
  async function byTransformers(checkpoint: string): Promise<Results> {
    const out = `${checkpoint}.safetensors`;
    const script = join(fixtures, "transformers_numbers.py");
    const env = { ...process.env, HF_HUB_OFFLINE: "1" };
    await run(python ?? "", [script, checkpoint, out], { env, timeout: 280_000 });
    return readSafetensors(out);
  }

  it("the shipped model is loaded by the library's class and computes the same", {
    timeout: 300_000,
  }, async () => {
    const out = join(folder, "nano");
    const command = ["export", "--checkpoint", join(repo, "assets/janus-nano"), "--layout", "transformers"];
    await run(process.execPath, [join(repo, "apps/cli/dist/main.js"), ...command, "--out", out]);
    const results = await byTransformers(out);
    expect(jsonOf(results, "unexpected")).toEqual([]);
    for (const name of jsonOf(results, "missing") as string[]) {
      expect(name).toMatch(/^model\.(vision_model|aligner)\./);
    }
    const found = await compare(out, results);
    expectSameModel(found);
    expect(found.codes).toBe(0);
    // The exported file and the one it was made from are the same model to Easel.
    expect(await compare(join(repo, "assets/janus-nano"), results)).toEqual(found);
  });

  it("the reference model gives the numbers that are kept for it", { timeout: 300_000 }, async () => {
    const out = join(folder, "tiny-live");
    const report = await exportCheckpoint({ source: tinySource, layout: "transformers", out, imageSize: 64 });
    const results = await byTransformers(out);
    expectLoadedWhole(results, report);
    expectSameModel(await compare(out, results));
  });
});

if (python === undefined) {
  process.stderr.write(
    "the live checks against transformers did not run: name a Python that has torch and transformers in EASEL_TRANSFORMERS_PYTHON\n",
  );
}
