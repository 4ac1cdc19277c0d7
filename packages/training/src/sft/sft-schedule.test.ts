// Rates over stages: those of each stage by itself, one after the other.
import { cosineWithWarmup } from "@easel/engine";
import fc from "fast-check";
import { expect, it } from "vitest";
import { rateFactorAt, totalSteps } from "./sft-schedule.js";

// GoT's two stages (arXiv 2503.10639, supplement), which its 70,000 steps are made of.
const got = {
  steps: 60_000,
  adamRate: 1e-4,
  warmupSteps: 500,
  floor: 0,
  laterStages: [{ steps: 10_000, adamRate: 5e-5, warmupSteps: 200, floor: 0 }],
};
const rateAt = (update: number): number => got.adamRate * rateFactorAt(got, update);

it("rises to a stage's peak, falls by a cosine, and rises to the next one's", () => {
  expect(totalSteps(got)).toBe(70_000);
  expect(rateAt(250)).toBeCloseTo(5e-5, 12);
  expect(rateAt(500)).toBeCloseTo(1e-4, 12);
  expect(rateAt(500 + 59_500 / 2)).toBeCloseTo(5e-5, 12);
  expect(rateAt(60_000)).toBeCloseTo(0, 12);
  expect(rateAt(60_100)).toBeCloseTo(2.5e-5, 12);
  expect(rateAt(60_200)).toBeCloseTo(5e-5, 12);
  expect(rateAt(70_000)).toBeCloseTo(0, 12);
  expect(rateAt(70_001)).toBeCloseTo(0, 12);
});

it("gives each stage the rates that it has alone", () => {
  const stage = fc
    .record({
      steps: fc.integer({ min: 1, max: 50 }),
      adamRate: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      warmupSteps: fc.integer({ min: 0, max: 50 }),
      floor: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map((s) => ({ ...s, warmupSteps: Math.min(s.warmupSteps, s.steps) }));
  fc.assert(
    fc.property(stage, fc.array(stage, { maxLength: 3 }), (first, laterStages) => {
      let update = 0;
      for (const { steps, warmupSteps, floor, adamRate } of [first, ...laterStages]) {
        for (let step = 1; step <= steps; step++) {
          update++;
          const alone = adamRate * cosineWithWarmup({ step, warmupSteps, totalSteps: steps, floor });
          const found = first.adamRate * rateFactorAt({ ...first, laterStages }, update);
          expect(found).toBeCloseTo(alone, 10);
        }
      }
      expect(update).toBe(totalSteps({ ...first, laterStages }));
    }),
  );
});
