import fc from "fast-check";
import { expect, it } from "vitest";
import { type BatchingQueue, lockStepCost, replacingCost } from "./batching-cost.js";

const lengthsOf = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 60 });

it("needs no more steps when rows are replaced, and never fewer than the work asks for", () => {
  fc.assert(
    fc.property(lengthsOf, fc.integer({ min: 1, max: 9 }), (lengths, rows) => {
      const queue: BatchingQueue = { lengths, rows, promptBucket: 16, cost: { fixedMs: 1, perSlotMs: 0 } };
      const together = lockStepCost(queue, 64);
      const replaced = replacingCost(queue, 200);
      const work = lengths.reduce((sum, length) => sum + length, 0);
      expect(replaced.steps).toBeLessThanOrEqual(together.steps);
      expect(replaced.steps).toBeGreaterThanOrEqual(Math.max(work / rows, ...lengths));
      for (const { utilisation, steps, ms } of [together, replaced]) {
        expect(utilisation).toBeCloseTo(work / (steps * rows), 9);
        expect(utilisation).toBeLessThanOrEqual(1 + 1e-12);
        expect(ms).toBeCloseTo(steps, 6);
      }
    }),
  );
});

it("counts the slots of a growing cache by segments, and of a ring in full", () => {
  const queue: BatchingQueue = {
    lengths: [100, 40, 70],
    rows: 2,
    promptBucket: 10,
    cost: { fixedMs: 0, perSlotMs: 1 },
  };
  expect(lockStepCost(queue, 50)).toEqual({
    utilisation: 210 / 340,
    steps: 170,
    ms: 50 * 60 + 50 * 110 + 50 * 60 + 20 * 110,
  });
  expect(replacingCost(queue, 100)).toEqual({ utilisation: 210 / 220, steps: 110, ms: 110 * 110 });
});

it("finds no gain for long ragged chains where a step's time grows with its cache, but one where it does not", () => {
  const lengths = Array.from({ length: 512 }, (_, i) => 577 + 50 + Math.floor(((i * 0.618034) % 1) * 551));
  const queueAt = (perSlotMs: number): BatchingQueue => ({
    lengths,
    rows: 128,
    promptBucket: 64,
    cost: { fixedMs: 3.15, perSlotMs },
  });
  const gain = (queue: BatchingQueue) => lockStepCost(queue, 64).ms / replacingCost(queue, 1177).ms;
  expect(gain(queueAt(0.033))).toBeLessThan(0.9);
  expect(gain(queueAt(0))).toBeGreaterThan(1.1);
});
