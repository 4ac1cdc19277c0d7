import fc from "fast-check";
import { expect, test } from "vitest";
import { allocate, fits, largestTotal } from "./allocation.js";

const shares = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 6 }).map((parts) => {
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
});

test("counts add up to the total and are within one of their shares", () => {
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), shares, (total, of) => {
      const counts = allocate(total, of);
      expect(counts.reduce((a, b) => a + b, 0)).toBe(total);
      for (const [index, count] of counts.entries()) {
        expect(Number.isInteger(count)).toBe(true);
        expect(Math.abs(count - total * (of[index] ?? 0))).toBeLessThan(1 + 1e-6);
      }
    }),
  );
});

test("whole parts are exact", () => {
  expect(allocate(10, [0.7, 0.2, 0.1])).toEqual([7, 2, 1]);
  expect(allocate(1000, [0.1, 0.2, 0.7])).toEqual([100, 200, 700]);
  expect(allocate(3, [0.5, 0.5])).toEqual([2, 1]);
});

test("the largest mix fits, and one that is larger by a prompt for each source does not", () => {
  fc.assert(
    fc.property(shares, fc.infiniteStream(fc.nat({ max: 5000 })), (of, counts) => {
      const available = of.map(() => counts.next().value ?? 0);
      const total = largestTotal(available, of);
      expect(fits(total, available, of)).toBe(true);
      expect(fits(total + Math.ceil(1 / Math.min(...of)) + of.length, available, of)).toBe(false);
    }),
  );
});

test("a source without prompts leaves no mix", () => {
  expect(largestTotal([100, 0], [0.9, 0.1])).toBe(0);
  expect(largestTotal([700, 300], [0.7, 0.3])).toBe(1000);
});
