import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { madeUpSamples } from "../fixtures/made-up-run.js";
import { type EvaluationKey, evaluationCache } from "./evaluation-cache.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

const key: EvaluationKey = {
  checkpoint: "a".repeat(64),
  policy: null,
  prompts: "b".repeat(64),
  fingerprint: "c".repeat(64),
  rewards: { sem: "1" },
  samplesPerPrompt: 1,
  seed: 1,
  temperature: 1,
  guidanceScale: 1,
  textCap: 60,
  rows: 128,
};
const samples = madeUpSamples(3, 0.5, "cache");

it("gives back samples with pictures and scores", async () => {
  const cache = evaluationCache(join(folder, "new"));
  await cache.put(key, samples);
  const found = await cache.get(key);
  expect(found?.map(({ score, chainText, prompt }) => ({ score, chainText, prompt }))).toEqual(
    samples.map(({ score, chainText, prompt }) => ({ score, chainText, prompt })),
  );
  expect(found?.map(({ image }) => Buffer.from(image.data).toString("hex"))).toEqual(
    samples.map(({ image }) => Buffer.from(image.data).toString("hex")),
  );
});

it.each([
  { checkpoint: "d".repeat(64) },
  { policy: "d".repeat(64) },
  { prompts: "d".repeat(64) },
  { fingerprint: "d".repeat(64) },
  { rewards: { sem: "2" } },
  { temperature: 0 },
  { seed: 2 },
  { guidanceScale: 2 },
  { textCap: 61 },
  { rows: 64 },
  { samplesPerPrompt: 2 },
])("does not take other things for the same: %o", async (difference) => {
  const cache = evaluationCache(folder);
  await cache.put(key, samples.slice(0, 1));
  expect(await cache.get({ ...key, ...difference })).toBeNull();
});

it("draws anew instead of believing a changed or cut entry", async () => {
  const cache = evaluationCache(folder);
  await cache.put(key, samples);
  const [name = ""] = await readdir(folder);
  const path = join(folder, name);
  const whole = await readFile(path, "utf8");
  await writeFile(path, whole.replace(/"total":[\d.]+/, '"total":0.123'));
  expect(await cache.get(key)).toBeNull();
  await writeFile(path, whole.slice(0, 500));
  expect(await cache.get(key)).toBeNull();
});
