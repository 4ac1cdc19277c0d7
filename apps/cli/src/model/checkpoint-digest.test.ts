// The identity of a checkpoint moves with its weights, whatever their format, and with nothing that does not count.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkpointDigest } from "./checkpoint-digest.js";

it.each([
  "model.safetensors",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
  "weights.pt",
  "config.json",
])("changes with %s", async (name) => {
  const folder = await mkdtemp(join(tmpdir(), "easel-digest-"));
  await writeFile(join(folder, name), "before");
  const before = await checkpointDigest(folder);
  await writeFile(join(folder, "README.md"), "not a part of the model");
  expect(await checkpointDigest(folder)).toBe(before);
  await writeFile(join(folder, name), "after");
  expect(await checkpointDigest(folder)).not.toBe(before);
  await rm(folder, { recursive: true });
});
