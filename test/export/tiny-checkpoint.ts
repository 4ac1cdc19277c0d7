// Small checkpoints to export: the reference model of the fixtures, without or with an understanding tower.
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type HostDtype, type HostTensor, readSafetensors, writeSafetensors } from "@easel/engine";

export const fixtures = fileURLToPath(new URL("../../packages/janus/fixtures/janus-tiny/", import.meta.url));

/** The reference model as a checkpoint folder in the original layout. Its pictures are 64 px, which its config leaves out. */
export async function tinyCheckpoint(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const part of ["original", "tokenizer"])
    await cp(join(fixtures, part), folder, { recursive: true, mode: 0 });
  return folder;
}

/** Bytes that no two weights share. */
function tensor(dtype: HostDtype, widthBytes: number, shape: readonly number[], seed: number): HostTensor {
  const count = shape.reduce((product, side) => product * side, widthBytes);
  return { dtype, shape, bytes: Uint8Array.from({ length: count }, (_, i) => (i * 31 + seed * 17) % 119) };
}

/** Names and shapes of a one-layer tower of width 32 with its aligner, as the original code names them. */
const towerShapes: readonly (readonly [string, readonly number[]])[] = [
  ["vision_model.vision_tower.pos_embed", [1, 64, 32]],
  ["vision_model.vision_tower.patch_embed.proj.weight", [32, 3, 8, 8]],
  ["vision_model.vision_tower.patch_embed.proj.bias", [32]],
  ["vision_model.vision_tower.blocks.0.norm1.weight", [32]],
  ["vision_model.vision_tower.blocks.0.norm1.bias", [32]],
  ["vision_model.vision_tower.blocks.0.attn.qkv.weight", [96, 32]],
  ["vision_model.vision_tower.blocks.0.attn.qkv.bias", [96]],
  ["vision_model.vision_tower.blocks.0.attn.proj.weight", [32, 32]],
  ["vision_model.vision_tower.blocks.0.attn.proj.bias", [32]],
  ["vision_model.vision_tower.blocks.0.norm2.weight", [32]],
  ["vision_model.vision_tower.blocks.0.norm2.bias", [32]],
  ["vision_model.vision_tower.blocks.0.mlp.fc1.weight", [64, 32]],
  ["vision_model.vision_tower.blocks.0.mlp.fc1.bias", [64]],
  ["vision_model.vision_tower.blocks.0.mlp.fc2.weight", [32, 64]],
  ["vision_model.vision_tower.blocks.0.mlp.fc2.bias", [32]],
  ["vision_model.vision_tower.norm.weight", [32]],
  ["vision_model.vision_tower.norm.bias", [32]],
  ["aligner.layers.0.weight", [64, 32]],
  ["aligner.layers.0.bias", [64]],
  ["aligner.layers.2.weight", [64, 64]],
  ["aligner.layers.2.bias", [64]],
];

/** What the transformers layout has no place for. */
export const unplaced = [
  "gen_vision_model.quantize.codebook_used",
  "vision_model.vision_tower.attn_pool.latent",
  "vision_model.vision_tower.attn_pool.kv.weight",
];

/** The reference model with a tower in half precision, and with pictures of 64 px stated. */
export async function towerCheckpoint(folder: string): Promise<string> {
  await tinyCheckpoint(folder);
  const path = join(folder, "model.safetensors");
  const { tensors } = await readSafetensors(path);
  for (const [i, [name, shape]] of towerShapes.entries()) tensors.set(name, tensor("F16", 2, shape, i));
  tensors.set("vision_model.vision_tower.attn_pool.latent", tensor("F16", 2, [1, 1, 32], 50));
  tensors.set("vision_model.vision_tower.attn_pool.kv.weight", tensor("F16", 2, [64, 32], 51));
  await writeSafetensors(path, tensors);
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  config.gen_vision_config.params.image_size = 64;
  config.vision_config.params = { image_size: 64, model_name: "tiny_patch8_64", heads: 2 };
  config.extra = "kept";
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}
