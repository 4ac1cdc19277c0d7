import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readBestPolicy } from "./best-policy.js";
import { runFolder } from "./run-folder.js";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "easel-best-"));
});
afterEach(() => rm(root, { recursive: true }));

async function keep(name: string, record: unknown): Promise<void> {
  const folder = join(runFolder(root, "run").best, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "dev.json"), typeof record === "string" ? record : JSON.stringify(record));
}

it("is the one with the highest total on dev, whatever a crash left beside it", async () => {
  await keep("e0001-s00000050", { epoch: 1, step: 50, total: 0.7 });
  await keep("e0001-s00000075", { epoch: 1, step: 75, total: 0.72 });
  await keep("e0001-s00000100", '{"epoch":1,"st');
  await keep("e0001-s00000125", { epoch: 1, step: 125, total: null });
  await keep(".partial-e0001-s00000150", { epoch: 1, step: 150, total: 0.9 });
  const { best } = runFolder(root, "run");
  expect(await readBestPolicy(runFolder(root, "run"))).toEqual({
    file: join(best, "e0001-s00000075", "policy.safetensors"),
    epoch: 1,
    step: 75,
    total: 0.72,
  });
});

it("is none where nothing was kept", async () => {
  expect(await readBestPolicy(runFolder(root, "run"))).toBeNull();
});
