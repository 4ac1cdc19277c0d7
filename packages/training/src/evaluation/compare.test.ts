// Paired comparison of evaluations, on made-up scores.
import { type PromptSpec, promptSet, randomFrom } from "@easel/shapeworld";
import { expect, it } from "vitest";
import { compare, compareSkills, pairByPrompt } from "./compare.js";
import type { EvaluatedSample } from "./evaluate.js";

const prompts = promptSet("dev", 60, 1);

function sample(prompt: PromptSpec, promptIndex: number, total: number): EvaluatedSample {
  return {
    prompt,
    promptIndex,
    chainText: "",
    forcedBoi: false,
    image: { width: 0, height: 0, data: new Uint8Array(0) },
    score: { sem: 1, spa: 1, pi: total, ri: 1, q: 1, total, strict: total > 0.5 },
  };
}

const scored = (value: (index: number) => number, set = prompts, images = 2): EvaluatedSample[] =>
  set.flatMap((prompt, index) => Array.from({ length: images }, () => sample(prompt, index, value(index))));

it("finds a small difference that is the same for every prompt, and none where there is none", () => {
  const before = scored((index) => (index % 4) / 4);
  const better = compare(
    before,
    scored((index) => (index % 4) / 4 + 0.01),
    randomFrom(2),
  ).total;
  expect(better.low).toBeGreaterThan(0);
  expect(better.difference).toBeCloseTo(0.01, 10);
  const same = compare(before, before, randomFrom(3)).total;
  expect([same.low, same.high]).toEqual([0, 0]);
});

it("compares each skill over its own prompts only", () => {
  const isSpatial = (index: number): boolean => prompts[index]?.category === "spatial";
  const before = scored(() => 0.4);
  const after = scored((index) => (isSpatial(index) ? 0.6 : 0.4));
  const skills = compareSkills(before, after, randomFrom(4));
  expect(skills.spatial?.total.difference).toBeCloseTo(0.2, 10);
  expect(skills.spatial?.strict.difference).toBe(1);
  expect(skills.spatial?.total.prompts).toBe(10);
  expect(skills.colour?.total).toMatchObject({ difference: 0, low: 0, high: 0 });
});

it("has no number for a skill without prompts", () => {
  const few = scored(() => 0.4, prompts.slice(0, 2));
  const skills = compareSkills(few, few, randomFrom(5));
  expect(skills.complex).toBeNull();
});

it("takes different numbers of images of the same prompts", () => {
  const before = scored(() => 0.4, prompts, 1);
  const after = scored(() => 0.5, prompts, 4);
  expect(compare(before, after, randomFrom(6)).total.difference).toBeCloseTo(0.1, 10);
});

it.each([
  ["another prompt set", scored(() => 0.4, promptSet("dev", 60, 2))],
  ["fewer prompts", scored(() => 0.4, prompts.slice(0, 59))],
  ["nothing", []],
])("refuses %s", (_, after) => {
  const before = scored(() => 0.4);
  expect(() => pairByPrompt(before, after)).toThrow(/different prompts cannot be compared: prompt \d+ is/);
  expect(() => compare(after, before, randomFrom(7))).toThrow(/same split, number of prompts/);
});
