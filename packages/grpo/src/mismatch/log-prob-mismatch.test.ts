import fc from "fast-check";
import { expect, test } from "vitest";
import { logProbMismatch } from "./log-prob-mismatch.js";

test("equal log-probs have no mismatch", () => {
  const same = logProbMismatch([[-1, -2]], [[-1, -2]], [[1, 1]]);
  expect(same).toMatchObject({ tokens: 2, meanAbsolute: 0, divergence: 0, meanWeight: 1, effectiveShare: 1 });
});

test("measures are those of the counted tokens alone", () => {
  const measured = logProbMismatch([[-1, -1, Number.NaN]], [[-1.1, -0.9, 0]], [[1, 1, 0]]);
  expect(measured.meanAbsolute).toBeCloseTo(0.1, 12);
  expect(measured.meanDifference).toBeCloseTo(0, 12);
  expect(measured.exceedingFraction).toBe(1);
  expect(measured.divergence).toBeCloseTo(Math.cosh(0.1) - 1, 12);
});

test("the divergence is never negative and the effective share stays in (0,1]", () => {
  const row = fc.array(
    fc.tuple(fc.double({ min: -9, max: 0, noNaN: true }), fc.double({ min: -9, max: 0, noNaN: true })),
    {
      minLength: 1,
      maxLength: 9,
    },
  );
  fc.assert(
    fc.property(row, (pairs) => {
      const m = logProbMismatch([pairs.map((p) => p[0])], [pairs.map((p) => p[1])], [pairs.map(() => 1)]);
      expect(m.divergence).toBeGreaterThanOrEqual(0);
      expect(m.effectiveShare).toBeGreaterThan(0);
      expect(m.effectiveShare).toBeLessThanOrEqual(1 + 1e-12);
      expect(m.maxAbsolute).toBeGreaterThanOrEqual(m.meanAbsolute - 1e-12);
    }),
  );
});

test("a lost log-prob is refused, not read as probability 1", () => {
  expect(() => logProbMismatch([[-1, -1]], [[-1]], [[1, 1]])).toThrow(/sampler log-probs row 0/);
});
