// The alpha of a run's adapter comes from its configuration, wherever in the checkpoint the path points.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { alphaOfRun } from "./alpha-of-run.js";

it.each([
  { lora: { rank: 8, alpha: 16 }, alpha: 16 },
  { lora: null, alpha: undefined },
])("finds $alpha", async ({ lora, alpha }) => {
  const run = await mkdtemp(join(tmpdir(), "easel-alpha-"));
  const checkpoint = join(run, "checkpoints", "e0001-s00000080");
  const policy = join(checkpoint, "policy.safetensors");
  await mkdir(checkpoint, { recursive: true });
  await writeFile(policy, "");
  expect(await alphaOfRun(policy)).toBeUndefined();
  await writeFile(join(run, "config.json"), JSON.stringify({ model: { checkpoint: "nano", lora } }));
  expect(await alphaOfRun(policy)).toBe(alpha);
  expect(await alphaOfRun(checkpoint)).toBe(alpha);
  await rm(run, { recursive: true });
});
