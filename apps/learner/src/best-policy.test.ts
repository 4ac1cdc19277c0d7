// The best policy on dev is kept whole, replaced only by a better one, and read by nobody while half written.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DevScore, keepIfBest } from "./best-policy.js";

let folder: string;
let exported: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-best-"));
  exported = 0;
});
afterEach(() => rm(folder, { recursive: true }));

async function offer(step: number, total: number): Promise<boolean> {
  const score: DevScore = { epoch: 1, step, total, temperature: 1 };
  return await keepIfBest(folder, score, async () => {
    exported += 1;
    const files = new Map([["policy.safetensors", Buffer.from(`weights ${step}`)]]);
    return { digest: `digest ${step}`, kind: "full", files };
  });
}

const kept = async (): Promise<string[]> => await readdir(join(folder, "best"));

test("a better one takes the place of the one before, a worse or equal one costs nothing", async () => {
  const offered: (readonly [number, number])[] = [
    [0, 0.5],
    [25, 0.62],
    [50, 0.61],
    [75, 0.62],
    [100, Number.NaN],
    [125, 0.7],
  ];
  const taken: number[] = [];
  for (const [step, total] of offered) if (await offer(step, total)) taken.push(step);
  expect(taken).toEqual([0, 25, 125]);
  expect(exported).toBe(3);
  expect(await kept()).toEqual(["e0001-s00000125"]);
  const path = join(folder, "best", "e0001-s00000125");
  expect(await readFile(join(path, "policy.safetensors"), "utf8")).toBe("weights 125");
  expect(JSON.parse(await readFile(join(path, "dev.json"), "utf8"))).toMatchObject({
    epoch: 1,
    step: 125,
    total: 0.7,
    policyDigest: "digest 125",
  });
});

test("an evaluation made again after a crash changes nothing", async () => {
  await offer(25, 0.6);
  expect(await offer(25, 0.6)).toBe(false);
  expect(await kept()).toEqual(["e0001-s00000025"]);
});

test("when the weights cannot be written, the one before stays", async () => {
  await offer(25, 0.6);
  const failing = keepIfBest(folder, { epoch: 1, step: 50, total: 0.9, temperature: 1 }, async () => {
    throw new Error("no room");
  });
  await expect(failing).rejects.toThrow("no room");
  expect((await kept()).filter((name) => !name.startsWith("."))).toEqual(["e0001-s00000025"]);
  expect(await offer(75, 0.7)).toBe(true);
  expect(await kept()).toEqual(["e0001-s00000075"]);
});

test("a damaged record does not stand in the way", async () => {
  await offer(25, 0.9);
  await writeFile(join(folder, "best", "e0001-s00000025", "dev.json"), "{");
  expect(await offer(50, 0.6)).toBe(true);
  expect(await kept()).toEqual(["e0001-s00000050"]);
});
