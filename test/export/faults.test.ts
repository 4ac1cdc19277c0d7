// What does not fit between a checkpoint's weights and its config is listed whole, under the names that the files have, with
// the file of each: in both layouts, both kinds of files and in shards.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostTensor, readSafetensors, startEngine, writeSafetensors } from "@easel/engine";
import { type CheckpointLayout, exportCheckpoint, loadJanus } from "@easel/janus";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tinyCheckpoint } from "./tiny-checkpoint.js";
import { writeTorchArchive } from "./torch-archive.js";

let folder: string;

beforeAll(async () => {
  await startEngine();
  folder = await mkdtemp(join(tmpdir(), "easel-faults-"));
});
afterAll(() => rm(folder, { recursive: true }));

const names: Readonly<Record<CheckpointLayout, Readonly<Record<string, string>>>> = {
  original: {
    lost: "gen_embed.weight",
    alsoLost: "language_model.model.layers.1.mlp.up_proj.weight",
    misshaped: "gen_aligner.layers.0.bias",
    mistyped: "language_model.model.norm.weight",
    extra: "gen_head.third.weight",
    unused: "vision_model.vision_tower.blocks.0.norm1.weight",
  },
  transformers: {
    lost: "model.generation_embeddings.weight",
    alsoLost: "model.language_model.layers.1.mlp.up_proj.weight",
    misshaped: "model.generation_aligner.fc1.bias",
    mistyped: "model.language_model.norm.weight",
    extra: "model.generation_head.third.weight",
    unused: "model.vision_model.encoder.layers.0.layer_norm1.weight",
  },
};

async function write(checkpoint: string, file: string, tensors: Map<string, HostTensor>): Promise<void> {
  if (file.endsWith(".bin")) await writeTorchArchive(join(checkpoint, file), tensors);
  else await writeSafetensors(join(checkpoint, file), tensors);
}

it.each([
  { layout: "original", kind: "safetensors" },
  { layout: "original", kind: "bin" },
  { layout: "transformers", kind: "safetensors" },
  { layout: "transformers", kind: "bin" },
] as const)("the $layout layout in shards of $kind", async ({ layout, kind }) => {
  const source = await tinyCheckpoint(join(folder, `${layout}-${kind}-source`));
  const config = JSON.parse(await readFile(join(source, "config.json"), "utf8"));
  config.gen_vision_config.params.image_size = 64;
  await writeFile(join(source, "config.json"), JSON.stringify(config));
  const checkpoint = join(folder, `${layout}-${kind}`);
  await exportCheckpoint({ source, layout, out: checkpoint });
  const { tensors } = await readSafetensors(join(checkpoint, "model.safetensors"));
  await rm(join(checkpoint, "model.safetensors"));
  const { lost, alsoLost, misshaped, mistyped, extra, unused } = names[layout] as Record<string, string>;
  const floats = (shape: readonly number[]): HostTensor => ({
    dtype: "F32",
    shape,
    bytes: new Uint8Array(4 * shape.reduce((product, side) => product * side, 1)),
  });
  for (const name of [lost, alsoLost]) expect(tensors.delete(name ?? "")).toBe(true);
  tensors.set(misshaped ?? "", floats([2]));
  tensors.set(extra ?? "", floats([1]));
  tensors.set(unused ?? "", floats([3]));
  if (kind === "safetensors") tensors.set(mistyped ?? "", { ...floats([64]), dtype: "I32" });
  const prefix = kind === "bin" ? "pytorch_model" : "model";
  const [first, second] = [1, 2].map((part) => `${prefix}-0000${part}-of-00002.${kind}`) as [string, string];
  const inFirst = new Set([misshaped, mistyped]);
  const placed = [...tensors].map(
    ([name, tensor]) => [name, tensor, inFirst.has(name) ? first : second] as const,
  );
  for (const file of [first, second]) {
    const held = placed.filter(([, , at]) => at === file).map(([name, tensor]) => [name, tensor] as const);
    await write(checkpoint, file, new Map(held));
  }
  const weightMap = Object.fromEntries(placed.map(([name, , file]) => [name, file]));
  const index = kind === "bin" ? "pytorch_model.bin.index.json" : "model.safetensors.index.json";
  await writeFile(join(checkpoint, index), JSON.stringify({ weight_map: weightMap }));

  const failure = await loadJanus(checkpoint).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "EASEL_JANUS_CHECKPOINT_MISMATCH" });
  const lines = String(failure)
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    .sort();
  expect(lines).toEqual(
    [
      `missing: ${lost} [128,8], in none of 2 files`,
      `missing: ${alsoLost} [172,64], in none of 2 files`,
      `unknown: ${extra} in ${second}`,
      `wrong shape: ${misshaped} in ${first} is [2], the config needs [64]`,
      ...(kind === "safetensors"
        ? [`wrong type: ${mistyped} in ${first} is I32, not a floating-point type`]
        : []),
    ].sort(),
  );
});
