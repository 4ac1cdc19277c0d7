// A checkpoint in several files reads like one in a single file, and an index that lies is refused before any tensor.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { streamCheckpoint } from "./sharded.js";
import { fromFloat32, toFloat32 } from "./tensor-conversion.js";
import { writeSafetensors } from "./write.js";

let root = "";
let sequence = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "easel-sharded-"));
});
afterAll(() => rm(root, { recursive: true }));

const one = fromFloat32(Float32Array.of(1), [1]);
const two = fromFloat32(Float32Array.of(2), [1]);

async function checkpoint(index: string | undefined): Promise<string> {
  sequence += 1;
  const folder = join(root, String(sequence));
  await mkdir(folder);
  await writeSafetensors(join(folder, "model-1.safetensors"), new Map([["a", one]]));
  await writeSafetensors(join(folder, "model-2.safetensors"), new Map([["b", two]]));
  if (index !== undefined) await writeFile(join(folder, "model.safetensors.index.json"), index);
  return folder;
}

async function read(folder: string, wanted?: (name: string) => boolean): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for await (const { name, tensor } of streamCheckpoint(folder, wanted)) {
    values[name] = toFloat32(tensor)[0] ?? Number.NaN;
  }
  return values;
}

const GOOD =
  '{"metadata":{"total_size":8},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}';

describe("a checkpoint folder", () => {
  it("with shards gives the tensors of all shards", async () => {
    expect(await read(await checkpoint(GOOD))).toEqual({ a: 1, b: 2 });
  });

  it("gives only what is wanted", async () => {
    expect(await read(await checkpoint(GOOD), (name) => name === "b")).toEqual({ b: 2 });
  });

  it("with a single file needs no index", async () => {
    const folder = await checkpoint(undefined);
    await writeSafetensors(join(folder, "model.safetensors"), new Map([["whole", two]]));
    expect(await read(folder)).toEqual({ whole: 2 });
  });

  it("with neither is refused", async () => {
    await expect(read(await checkpoint(undefined))).rejects.toMatchObject({
      code: "EASEL_ENGINE_CHECKPOINT_MISSING",
    });
  });

  it.each([
    ["that is not JSON", "{"],
    ["without a weight map", "{}"],
    ["with a name given twice", '{"weight_map":{"a":"model-1.safetensors","a":"model-2.safetensors"}}'],
    ["that leaves the folder", '{"weight_map":{"a":"../model-1.safetensors"}}'],
    ["with an absolute path", '{"weight_map":{"a":"/model-1.safetensors"}}'],
    ["that points to another kind of file", '{"weight_map":{"a":"model-1.bin"}}'],
    ["that swaps the shards", '{"weight_map":{"b":"model-1.safetensors","a":"model-2.safetensors"}}'],
    ["that leaves a tensor out", '{"weight_map":{"b":"model-2.safetensors","c":"model-1.safetensors"}}'],
    [
      "that promises a tensor which is not there",
      GOOD.replace('"a":', '"missing":"model-1.safetensors","a":'),
    ],
  ])("with an index %s is refused", async (_, index) => {
    await expect(read(await checkpoint(index))).rejects.toMatchObject({ code: "EASEL_ENGINE_SHARD_INDEX" });
  });
});
