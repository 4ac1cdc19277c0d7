// The memory of an export, and what is left when it is killed: a checkpoint with two weights of 134 MB each.
import { fork } from "node:child_process";
import { access, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type HostTensor, readSafetensors } from "@easel/engine";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixtures, tinyCheckpoint } from "./tiny-checkpoint.js";

const rows = 524_288;
const largestBytes = rows * 64 * 4;
const large = ["language_model.model.embed_tokens.weight", "language_model.lm_head.weight"];
const entry = fileURLToPath(new URL("export-entry.mjs", import.meta.url));

let folder: string;
let source: string;

/** The reference model with a huge vocabulary. The file has holes, so that making it costs nothing. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-large-"));
  source = await tinyCheckpoint(join(folder, "source"));
  const { tensors } = await readSafetensors(join(fixtures, "original/model.safetensors"));
  for (const name of large) tensors.delete(name);
  const header: Record<string, unknown> = {};
  let end = 0;
  const place = (
    name: string,
    { dtype, shape }: Pick<HostTensor, "dtype" | "shape">,
    size: number,
  ): number => {
    header[name] = { dtype, shape, data_offsets: [end, end + size] };
    end += size;
    return end - size;
  };
  for (const name of large) place(name, { dtype: "F32", shape: [rows, 64] }, largestBytes);
  const placed = [...tensors].map(
    ([name, tensor]) => [place(name, tensor, tensor.bytes.length), tensor] as const,
  );
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  const file = await open(join(source, "model.safetensors"), "w");
  await file.write(Buffer.concat([prefix, text]), 0, null, 0);
  for (const [at, { bytes }] of placed) await file.write(bytes, 0, bytes.length, 8 + text.length + at);
  await file.truncate(8 + text.length + end);
  await file.close();
  const config = JSON.parse(await readFile(join(fixtures, "original/config.json"), "utf8"));
  config.language_config.vocab_size = rows;
  config.gen_vision_config.params.image_size = 64;
  await writeFile(join(source, "config.json"), JSON.stringify(config));
});
afterAll(() => rm(folder, { recursive: true }));

it("stays near the largest weight", { timeout: 120_000 }, async () => {
  const out = join(folder, "out");
  const peakBytes = await new Promise<number>((resolve, reject) => {
    const child = fork(entry, [source, out]);
    child.on("message", (message) => resolve(Number(message)));
    child.on("exit", (code) => reject(new Error(`the export ended with ${code}`)));
  });
  expect(peakBytes).toBeLessThan(largestBytes + 200e6);
  await access(join(out, "config.json"));
});

it("leaves nothing that could be taken for a checkpoint when it is killed", {
  timeout: 120_000,
}, async () => {
  const out = join(folder, "killed");
  const child = fork(entry, [source, out]);
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const partial = join(folder, `.killed.partial-${child.pid}`);
  for (let waited = 0; waited < 6_000; waited += 1) {
    const begun = await readdir(partial).catch(() => []);
    if (begun.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill("SIGKILL");
  await ended;
  expect(await readdir(folder)).toContain(`.killed.partial-${child.pid}`);
  await expect(access(out)).rejects.toThrow();
  await expect(access(join(partial, "config.json"))).rejects.toThrow();
});
