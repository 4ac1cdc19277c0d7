// How samples are drawn where nothing is said: as the run drew, or as suits the checkpoint.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { measureOptions } from "./measure-options.js";
import type { ModelUnderTest } from "./model-under-test.js";

const fixtures = fileURLToPath(new URL("../../../../packages/janus/fixtures/janus-tiny/", import.meta.url));
const nano = fileURLToPath(new URL("../../../../assets/janus-nano", import.meta.url));
let got = "";

/** A checkpoint without a prompt template of its own, as those of GoT-R1 are. */
beforeAll(async () => {
  got = await mkdtemp(join(tmpdir(), "easel-eval-options-"));
  for (const part of ["original", "tokenizer"]) await cp(join(fixtures, part), got, { recursive: true });
});
afterAll(() => rm(got, { recursive: true }));

const model = (checkpoint: string): ModelUnderTest => ({
  name: checkpoint,
  checkpoint,
  policyFile: null,
  alpha: undefined,
});
const temperature = [1];

it("draws a GoT-R1 checkpoint with guidance 5 and chains of up to 600 tokens, and janus-nano as it was trained", async () => {
  const first = await measureOptions({ temperature }, { defaults: {}, models: [model(nano), model(got)] });
  expect(first).toMatchObject({ textCap: 600, maxRows: 16, ways: [{ guidanceScale: 5, seed: 1 }] });
  const second = await measureOptions({ temperature }, { defaults: {}, models: [model(nano)] });
  expect(second).toMatchObject({ textCap: 72, maxRows: 128, ways: [{ guidanceScale: 1 }] });
});

it("takes a run's own settings before that, and the options before all", async () => {
  const defaults = { guidance: 3, textCap: 99, seed: 7, rows: 4 };
  const run = await measureOptions({ temperature }, { defaults, models: [model(got)] });
  expect(run).toMatchObject({
    textCap: 99,
    maxRows: 4,
    promptSeed: 7,
    ways: [{ guidanceScale: 3, seed: 7 }],
  });
  const options = { temperature, guidance: [1, 2], textCap: 5, rows: 2, seed: [8, 9] };
  const given = await measureOptions(options, { defaults, models: [model(got)] });
  expect(given).toMatchObject({ textCap: 5, maxRows: 2, promptSeed: 8 });
  expect(given.ways.map(({ guidanceScale, seed }) => [guidanceScale, seed])).toEqual([
    [1, 8],
    [1, 9],
    [2, 8],
    [2, 9],
  ]);
});
