import { readFileSync } from "node:fs";
import { cosineWithWarmup } from "@easel/engine";
import { vqRecipeSchema } from "@easel/training";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { withSteps } from "./vq-steps.js";

const settings = new URL("../../../../configs/nano-vq.yaml", import.meta.url);
const recipe = vqRecipeSchema.parse(parse(readFileSync(settings, "utf8")));

test("any number of steps gives a schedule that can be followed, from the first step to the last", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 * recipe.training.steps }), (steps) => {
      const { training } = withSteps(recipe, steps);
      const { warmupSteps, floor } = training;
      const rate = (step: number): number =>
        cosineWithWarmup({ step, warmupSteps, totalSteps: training.steps, floor });
      expect(training.steps).toBe(steps);
      expect(rate(1)).toBeGreaterThan(0);
      expect(rate(steps)).toBe(floor);
    }),
  );
});

test("a warm-up that fits and all else stay as they are", () => {
  const { training } = recipe;
  expect(withSteps(recipe, training.warmupSteps + 1)).toEqual({
    ...recipe,
    training: { ...training, steps: training.warmupSteps + 1 },
  });
});
