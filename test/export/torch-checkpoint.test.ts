// Checkpoints whose weights are PyTorch's own files: loaded and exported like those in safetensors.
import { copyFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostTensor, readSafetensors, startEngine } from "@easel/engine";
import { digestOf, disposeWeights, exportCheckpoint, hostWeights, loadJanus } from "@easel/janus";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { tinyCheckpoint } from "./tiny-checkpoint.js";
import { writeTorchArchive } from "./torch-archive.js";

let folder: string;
let source: string;
let tensors: Map<string, HostTensor>;

beforeAll(async () => {
  await startEngine();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-torch-checkpoint-"));
  source = await tinyCheckpoint(join(folder, "source"));
  tensors = (await readSafetensors(join(source, "model.safetensors"))).tensors;
});
afterEach(() => rm(folder, { recursive: true }));

async function loadedDigest(): Promise<string> {
  const { params } = await loadJanus(source, { imageSize: 64 });
  const digest = digestOf(await hostWeights(params));
  disposeWeights(params);
  return digest;
}

it("one file is the same model as safetensors, and its export has the same bytes", async () => {
  const before = await loadedDigest();
  await writeTorchArchive(join(source, "pytorch_model.bin"), tensors);
  await rename(join(source, "model.safetensors"), join(folder, "kept.safetensors"));
  expect(await loadedDigest()).toBe(before);
  const out = join(folder, "out");
  await exportCheckpoint({ source, layout: "original", out });
  expect(digestOf((await readSafetensors(join(out, "model.safetensors"))).tensors)).toBe(digestOf(tensors));
});

it("shards are the same model, and all that does not fit their index is listed", async () => {
  const before = await loadedDigest();
  await rm(join(source, "model.safetensors"));
  const names = [...tensors.keys()];
  const weightMap: Record<string, string> = {};
  for (const [i, part] of [names.slice(0, 100), names.slice(100)].entries()) {
    const file = `pytorch_model-0000${i + 1}-of-00002.bin`;
    const held = part.flatMap((name) => {
      weightMap[name] = file;
      const tensor = tensors.get(name);
      return tensor === undefined ? [] : [[name, tensor] as const];
    });
    await writeTorchArchive(join(source, file), new Map(held));
  }
  const index = join(source, "pytorch_model.bin.index.json");
  await writeFile(index, JSON.stringify({ weight_map: weightMap }));
  expect(await loadedDigest()).toBe(before);
  const [first, second, third] = names as [string, string, string];
  const { [first]: _unlisted, ...rest } = weightMap;
  const wrong = { ...rest, [second]: weightMap[names[150] ?? ""], invented: weightMap[third] };
  await writeFile(index, JSON.stringify({ weight_map: wrong }));
  const failure = await loadedDigest().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "EASEL_JANUS_CHECKPOINT_UNREADABLE" });
  expect(String(failure)).toMatch(/3 differences/);
  for (const name of [first, second, "invented"]) expect(String(failure)).toContain(name);
});

it("a file that would run something is refused, and named", async () => {
  await rm(join(source, "model.safetensors"));
  const hostile = new URL("../../packages/janus/fixtures/torch-files/command.pt", import.meta.url).pathname;
  await copyFile(hostile, join(source, "pytorch_model.bin"));
  await expect(loadJanus(source)).rejects.toMatchObject({
    code: "EASEL_JANUS_PICKLE_REFUSED",
    message: expect.stringMatching(/pytorch_model\.bin asks for "posix\.system"/),
  });
});
