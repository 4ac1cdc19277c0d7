// The checks of the model's own numbers on TensorFlow.js' plain JavaScript kernels, uncompiled. The codec and training steps are
// left out: they take minutes there.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEngine } from "@easel/engine";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeOwnCopy } from "./own-copy.mjs";
import { checkFolder } from "./run.mjs";

let folder;
beforeAll(async () => {
  await startEngine({ backend: "cpu" });
  folder = await mkdtemp(join(tmpdir(), "easel-parity-oracle-"));
  await writeOwnCopy(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("holds in plain JavaScript", async () => {
  const only = ["ops", "forward", "gradients", "lora"];
  const { outcomes } = await checkFolder(folder, { only });
  expect(outcomes.filter(({ ok }) => !ok).map(({ line }) => line)).toEqual([]);
}, 300_000);
