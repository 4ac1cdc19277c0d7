// The identity of a checkpoint folder as files: what a cache may rely on without loading a model.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isWeightFile } from "@easel/janus";

const described = /^(config|tokenizer|processor_config)\.json$|\.index\.json$/;

function isCounted(file: string): boolean {
  return described.test(file) || isWeightFile(file);
}

/** SHA-256 of one file, hex. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest("hex");
}

/** SHA-256 over names and contents of configuration, tokenizer and weights, hex. */
export async function checkpointDigest(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(folder)).filter(isCounted).sort()) {
    hash.update(`${name}\n${await fileDigest(join(folder, name))}\n`);
  }
  return hash.digest("hex");
}
