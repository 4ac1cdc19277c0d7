// Host memory while a checkpoint loads, measured by the system on a process of its own: two weights of 268 MB as float32,
// in shards, in both layouts and both kinds of files. On a CPU the loaded weights are in host memory too and count apart.
import { fork } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type HostTensor, readSafetensors, startEngine, writeSafetensors } from "@easel/engine";
import { type CheckpointLayout, exportCheckpoint } from "@easel/janus";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyCheckpoint } from "./tiny-checkpoint.js";
import { writeTorchArchive } from "./torch-archive.js";

const rows = 2 ** 20;
const width = 64;
const entry = fileURLToPath(new URL("load-entry.mjs", import.meta.url));
const allowanceBytes = 200e6;

type Form = {
  readonly layout: CheckpointLayout;
  readonly files: "safetensors" | "bin";
  readonly dtype: "F32" | "BF16";
};

let folder: string;

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-load-"));
  const source = await tinyCheckpoint(join(folder, "original"));
  const config = JSON.parse(await readFile(join(source, "config.json"), "utf8"));
  config.gen_vision_config.params.image_size = 64;
  await writeFile(join(source, "config.json"), JSON.stringify(config));
  await exportCheckpoint({ source, layout: "transformers", out: join(folder, "transformers") });
});
afterAll(() => rm(folder, { recursive: true }));

/** The reference model with a huge vocabulary, in two shards with a large weight each. */
async function largeCheckpoint({ layout, files, dtype }: Form): Promise<string> {
  const out = join(folder, `${layout}-${files}-${dtype}`);
  await cp(join(folder, layout), out, { recursive: true });
  const path = join(out, "model.safetensors");
  const { tensors } = await readSafetensors(path);
  await rm(path);
  const config = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
  (layout === "original" ? config.language_config : config.text_config).vocab_size = rows;
  await writeFile(join(out, "config.json"), JSON.stringify(config));
  const isLarge = (name: string): boolean => /(embed_tokens|lm_head)\.weight$/.test(name);
  const shards = [new Map<string, HostTensor>(), new Map<string, HostTensor>()];
  for (const [name, tensor] of tensors) {
    const bytes = (): Uint8Array => new Uint8Array(rows * width * (dtype === "F32" ? 4 : 2));
    const shard = shards[name.endsWith("lm_head.weight") ? 1 : 0];
    shard?.set(name, isLarge(name) ? { dtype, shape: [rows, width], bytes: bytes() } : tensor);
  }
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    const name = `-0000${i + 1}-of-00002`;
    const file = files === "bin" ? `pytorch_model${name}.bin` : `model${name}.safetensors`;
    if (files === "bin") await writeTorchArchive(join(out, file), shard);
    else await writeSafetensors(join(out, file), shard);
    for (const weight of shard.keys()) weightMap[weight] = file;
  }
  const index = files === "bin" ? "pytorch_model.bin.index.json" : "model.safetensors.index.json";
  await writeFile(join(out, index), JSON.stringify({ weight_map: weightMap }));
  return out;
}

type Measured = {
  readonly idleBytes: number;
  readonly peakBytes: number;
  readonly loadedBytes: number;
  readonly weights: number;
};

function measured(...args: string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, args);
    child.on("message", (message) => resolve(message as Measured));
    child.on("exit", (code) => reject(new Error(`loading ended with ${code}`)));
  });
}

/** Peak above the idle process and above the loaded weights. */
function extraBytes({ idleBytes, peakBytes, loadedBytes }: Measured): number {
  return peakBytes - idleBytes - loadedBytes;
}

describe.skipIf(process.platform !== "linux")("beside the idle process and the loaded weights", () => {
  it.each([
    { layout: "original", files: "safetensors", dtype: "F32", storage: "wide" },
    { layout: "transformers", files: "safetensors", dtype: "BF16", storage: "kept" },
    { layout: "original", files: "bin", dtype: "BF16", storage: "wide" },
    { layout: "transformers", files: "bin", dtype: "F32", storage: "wide" },
  ] as const)(
    "loading takes at most the largest weight and 200 MB: $layout, $files, $dtype, $storage",
    { timeout: 240_000 },
    async ({ storage, ...form }) => {
      const checkpoint = await largeCheckpoint(form);
      const found = await measured(checkpoint, storage);
      const largestBytes = rows * width * (storage === "kept" ? 2 : 4);
      expect(found.weights).toBe(243);
      expect(found.loadedBytes).toBeGreaterThan(2 * largestBytes);
      // What is stored in half stays so where it is kept: the rest of the model is small.
      expect(found.loadedBytes).toBeLessThan(2.05 * largestBytes);
      expect(extraBytes(found)).toBeLessThan(largestBytes + allowanceBytes);
      await rm(checkpoint, { recursive: true });
    },
  );

  it("a loader that reads the files whole takes more, which the same look sees", {
    timeout: 240_000,
  }, async () => {
    const checkpoint = await largeCheckpoint({ layout: "original", files: "safetensors", dtype: "F32" });
    const found = await measured(checkpoint, "wide", "whole");
    expect(extraBytes(found)).toBeGreaterThan(rows * width * 4 + allowanceBytes);
    await rm(checkpoint, { recursive: true });
  });
});
