import fc from "fast-check";
import { expect, test } from "vitest";
import { cosineWithWarmup } from "./cosine-with-warmup.js";

test("rises over the warm-up, falls to the floor and stays there", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (span, warmupSteps, floor) => {
        const schedule = { totalSteps: warmupSteps + span, warmupSteps, floor };
        const factors = Array.from({ length: schedule.totalSteps + 3 }, (_, i) =>
          cosineWithWarmup(i, schedule),
        );
        expect(factors[warmupSteps]).toBeCloseTo(1, 12);
        for (let i = 1; i <= warmupSteps; i++) expect(factors[i]).toBeGreaterThan(factors[i - 1]!);
        for (let i = warmupSteps + 1; i < factors.length; i++) {
          expect(factors[i]).toBeLessThanOrEqual(factors[i - 1]! + 1e-12);
        }
        for (const last of factors.slice(-3)) expect(last).toBeCloseTo(floor, 12);
      },
    ),
  );
});

test("without warm-up the first step has the full rate", () => {
  expect(cosineWithWarmup(0, { totalSteps: 10, floor: 0.1 })).toBe(1);
});

test("refuses a warm-up longer than the run", () => {
  expect(() => cosineWithWarmup(0, { totalSteps: 3, warmupSteps: 4 })).toThrow(/4 warm-up steps/);
});
