// Which checkpoint of a run is its result.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { trainedPolicy } from "./trained-policy.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-policy-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the latest step of the newest epoch, not a later step that was abandoned nor one half written", async () => {
  for (const name of [
    "e0001-s00000090",
    "e0002-s00000070",
    "e0002-s00000080",
    ".partial-e0003-s00000085",
    "notes",
  ])
    await mkdir(join(folder, name));
  expect(await trainedPolicy(folder)).toBe(join(folder, "e0002-s00000080", "policy.safetensors"));
});

test("a run without a checkpoint is refused by name", async () => {
  await expect(trainedPolicy(folder)).rejects.toMatchObject({ code: "EASEL_CLI_NO_POLICY" });
  await expect(trainedPolicy(join(folder, "none"))).rejects.toThrow(/holds no checkpoint/);
});
