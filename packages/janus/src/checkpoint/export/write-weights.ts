// Writes the weights of an export as safetensors, in one file or in shards with their index. Streams; holds no weight.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HOST_DTYPE_WIDTH_BYTES, writeSafetensorsStream } from "@easel/engine";
import { shardFiles, shardNames } from "../shards.js";
import type { PlannedWeight } from "./plan-weights.js";

function sizeBytesOf({ dtype, shape }: PlannedWeight): number {
  return shape.reduce((product, side) => product * side, HOST_DTYPE_WIDTH_BYTES[dtype]);
}

/**
 * @param chunksOf the bytes of a weight, asked for once each
 * @returns names of the weight files and the sum of the weights' bytes
 */
export async function writeWeights(
  folder: string,
  weights: ReadonlyMap<string, PlannedWeight>,
  chunksOf: (planned: PlannedWeight) => AsyncIterable<Uint8Array>,
  shardSizeBytes: number,
): Promise<{ readonly files: readonly string[]; readonly sizeBytes: number }> {
  const sizes = new Map([...weights].map(([name, planned]) => [name, sizeBytesOf(planned)]));
  const shards = shardNames(sizes, shardSizeBytes);
  const files = shardFiles(shards.length);
  const weightMap: Record<string, string> = {};
  for (const [i, names] of shards.entries()) {
    const file = files[i] ?? "";
    const streamed = names.flatMap((name) => {
      const planned = weights.get(name);
      if (planned === undefined) return [];
      weightMap[name] = file;
      const { dtype, shape } = planned;
      return [[name, { dtype, shape, chunks: () => chunksOf(planned) }] as const];
    });
    await writeSafetensorsStream(join(folder, file), new Map(streamed), { format: "pt" });
  }
  const sizeBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (files.length > 1) {
    const index = { metadata: { total_size: sizeBytes }, weight_map: weightMap };
    await writeFile(join(folder, "model.safetensors.index.json"), `${JSON.stringify(index, null, 2)}\n`);
  }
  return { files, sizeBytes };
}
