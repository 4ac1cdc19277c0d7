import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { madeUpEvaluation, madeUpSamples } from "../fixtures/made-up-run.js";
import type { EvaluationKey } from "./evaluation-cache.js";
import {
  type ModelEvaluation,
  readEvaluation,
  requireComparable,
  writeEvaluation,
} from "./saved-evaluation.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-evaluation-"));
});
afterEach(() => rm(folder, { recursive: true }));

const key: EvaluationKey = {
  checkpoint: "a".repeat(64),
  policy: null,
  prompts: "b".repeat(64),
  fingerprint: "c".repeat(64),
  rewards: { sem: "1", pi: "2" },
  samplesPerPrompt: 2,
  seed: 1,
  temperature: 1,
  guidanceScale: 1,
  textCap: 60,
  rows: 128,
};

const [sampled, greedy] = [madeUpSamples(3, 0.5, "sampled"), madeUpSamples(3, 0.2, "greedy")];

function evaluation(name: string, over: Partial<EvaluationKey> = {}): ModelEvaluation {
  return {
    name,
    split: "dev",
    promptSeed: 1,
    ceiling: madeUpEvaluation(0.95),
    drawn: [
      { key: { ...key, ...over }, samples: sampled },
      { key: { ...key, ...over, temperature: 0 }, samples: greedy },
    ],
  };
}

it("comes back as it was saved, pictures and scores alike", async () => {
  const path = join(folder, "new", "one.json");
  await writeEvaluation(path, evaluation("one"));
  expect(await readEvaluation(path)).toEqual(evaluation("one"));
});

it("is refused when it was changed, cut off or is something else", async () => {
  const path = join(folder, "one.json");
  await writeEvaluation(path, evaluation("one"));
  const text = await readFile(path, "utf8");
  for (const damaged of [
    text.replace(/"total":[\d.]+,"strict":/, '"total":0.123,"strict":'),
    text.slice(0, 900),
    "{}",
    "null",
    '{"format":"easel-evaluation-1","drawn":[{}]}',
  ]) {
    expect(damaged).not.toBe(text);
    await writeFile(path, damaged);
    await expect(readEvaluation(path)).rejects.toMatchObject({ code: "EASEL_RUNS_DAMAGED" });
  }
});

it.each([
  ["prompts", { prompts: "d".repeat(64) }, /prompts \(split, number or seed of the set\)/],
  ["seed", { seed: 2 }, /seed of the draws \(1 and 2\)/],
  ["guidance", { guidanceScale: 5 }, /guidance \(1 and 5\)/],
  ["images per prompt", { samplesPerPrompt: 4 }, /images per prompt \(2 and 4\)/],
  ["chain", { textCap: 99 }, /longest chain \(60 and 99\)/],
  ["rewards", { rewards: { sem: "1", pi: "3" } }, /versions of the rewards/],
])("does not compare what was measured with another %s", (_, over, said) => {
  const call = (): void => requireComparable(evaluation("one"), evaluation("two", over));
  expect(call).toThrow(said);
  expect(call).toThrow(expect.objectContaining({ code: "EASEL_RUNS_NOT_COMPARABLE" }));
});

it("does not compare other temperatures, or one with several", () => {
  const one = evaluation("one");
  const colder = {
    ...one,
    drawn: one.drawn.map((each) => ({ ...each, key: { ...each.key, temperature: 0.5 } })),
  };
  expect(() => requireComparable(one, colder)).toThrow(/temperature \(1 and 0.5\)/);
  expect(() => requireComparable(one, { ...one, drawn: one.drawn.slice(0, 1) })).toThrow(/asked for/);
});

it("compares models, also from different engines and rows at once, and whatever the order of reward names", () => {
  const other = { checkpoint: "e".repeat(64), policy: "f", fingerprint: "0".repeat(64), rows: 8 };
  expect(() => requireComparable(evaluation("one"), evaluation("two", other))).not.toThrow();
  const turned = { rewards: { pi: "2", sem: "1" } };
  expect(() => requireComparable(evaluation("one"), evaluation("two", turned))).not.toThrow();
});
