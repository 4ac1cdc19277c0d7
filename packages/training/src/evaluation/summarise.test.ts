// Means and intervals of evaluations, on made-up scores.
import { type PromptSpec, promptSet, randomFrom } from "@easel/shapeworld";
import { expect, it } from "vitest";
import type { EvaluatedSample } from "./evaluate.js";
import { summarise } from "./summarise.js";

const prompts = promptSet("dev", 60, 1);

function sample(prompt: PromptSpec, promptIndex: number, total: number): EvaluatedSample {
  return {
    prompt,
    promptIndex,
    chainText: "",
    forcedBoi: total === 0,
    image: { width: 0, height: 0, data: new Uint8Array(0) },
    score: { sem: 1, spa: 1, pi: total, ri: 1, q: 1, total, strict: total > 0.5 },
  };
}

const scored = (value: (index: number) => number): EvaluatedSample[] =>
  prompts.flatMap((prompt, index) => [0, 1].map(() => sample(prompt, index, value(index))));

it("averages over prompts and by skill, with an interval around the mean", () => {
  const summary = summarise(
    scored((index) => (index % 4) / 4),
    randomFrom(1),
  );
  expect(summary.prompts).toBe(60);
  expect(summary.samples).toBe(120);
  expect(summary.measures.total.mean).toBeCloseTo(0.375, 10);
  expect(summary.measures.strict.mean).toBeCloseTo(0.25, 10);
  expect(summary.forcedBoi).toBeCloseTo(0.25, 10);
  const { low, high } = summary.measures.total;
  expect(low).toBeGreaterThan(0.28);
  expect(low).toBeLessThan(0.375);
  expect(high).toBeGreaterThan(0.375);
  const skills = Object.values(summary.skills);
  expect(skills.every(({ total }) => Number.isFinite(total.mean))).toBe(true);
});
