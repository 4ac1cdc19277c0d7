import fc from "fast-check";
import { expect, it } from "vitest";
import { axisFor } from "./axis-ticks.js";

it("holds the values between ticks that are evenly spaced, few and told apart by their decimals", () => {
  const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(finite, fc.double({ min: 1e-4, max: 1e6, noNaN: true }), (low, span) => {
      const high = low + span;
      fc.pre(span > Math.abs(low) * 1e-6);
      const { ticks, decimals, ...axis } = axisFor(low, high, 5);
      const slack = (axis.high - axis.low) * 1e-6;
      expect(axis.low).toBeLessThanOrEqual(low + slack);
      expect(axis.high).toBeGreaterThanOrEqual(high - slack);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(new Set(ticks.map((tick) => tick.toFixed(decimals))).size).toBe(ticks.length);
    }),
    { numRuns: 300 },
  );
});

it("has round ends for rewards, and whole steps where asked", () => {
  expect(axisFor(0, 1, 5).ticks.map((tick) => tick.toFixed(1))).toEqual([
    "0.0",
    "0.2",
    "0.4",
    "0.6",
    "0.8",
    "1.0",
  ]);
  expect(axisFor(0, 3, 5, true).ticks).toEqual([0, 1, 2, 3]);
  expect(axisFor(0.5, 0.5, 5).ticks.length).toBeGreaterThan(1);
});
