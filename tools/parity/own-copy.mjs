// The repository's own reference folder, completed: the weights in the transformers layout are not stored a second time but
// made by exporting the original ones, and each must have the digest of what the transformers library stores.
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromFloat32, readSafetensors, toFloat32, writeSafetensors } from "@easel/engine";
import { exportCheckpoint, loadConfig } from "@easel/janus";

const stored = fileURLToPath(new URL("../../packages/janus/fixtures/janus-tiny/", import.meta.url));

/** Digests of the library's own bytes, see packages/janus/fixtures/weight-digests.mjs. */
async function storedDigests() {
  return JSON.parse(await readFile(join(stored, "transformers/digests.json"), "utf8"));
}

async function writeTransformersWeights(folder) {
  const { image } = await loadConfig(join(stored, "transformers"));
  const source = join(folder, "source");
  await cp(join(stored, "original"), source, { recursive: true });
  await cp(join(stored, "tokenizer"), source, { recursive: true });
  const out = join(folder, "exported");
  await exportCheckpoint({ source, layout: "transformers", out, imageSize: image.imageSize });
  const { tensors } = await readSafetensors(join(out, "model.safetensors"));
  const digests = await storedDigests();
  const weights = new Map();
  for (const [name, digest] of Object.entries(digests)) {
    const exported = tensors.get(name);
    if (exported === undefined) throw new Error(`the export lacks ${name}`);
    const weight = fromFloat32(toFloat32(exported), exported.shape, "BF16");
    const found = createHash("sha256").update(weight.bytes).digest("hex").slice(0, digest.length);
    if (found !== digest) throw new Error(`${name} is not what the transformers library stores`);
    weights.set(name, weight);
  }
  await cp(join(stored, "transformers/config.json"), join(folder, "hf/config.json"));
  await writeSafetensors(join(folder, "hf/model.safetensors"), weights, { format: "pt" });
  await Promise.all([source, out].map((path) => rm(path, { recursive: true })));
}

/** Writes a complete copy into an empty folder. */
export async function writeOwnCopy(folder) {
  for (const part of ["original", "tokenizer", "lora", "expected"]) {
    await cp(join(stored, part), join(folder, part), { recursive: true });
  }
  await writeTransformersWeights(folder);
}

/**
 * Runs `work` on a complete copy, which is removed afterwards.
 * @template T
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withOwnCopy(work) {
  const folder = await mkdtemp(join(tmpdir(), "easel-parity-own-"));
  try {
    await writeOwnCopy(folder);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
