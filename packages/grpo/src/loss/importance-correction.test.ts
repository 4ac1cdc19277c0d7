import fc from "fast-check";
import { expect, test } from "vitest";
import { importanceWeights } from "./importance-correction.js";

const learner = [[Math.log(0.9), Math.log(0.1), -1]];
const sampler = [[Math.log(0.3), Math.log(0.2), -1]];
const mask = [[1, 1, 0]];
const weightsOf = (c: Parameters<typeof importanceWeights>[3]) => {
  const result = importanceWeights(learner, sampler, mask, c);
  return { list: [...result.weights[0]!], affected: result.affectedFraction };
};

test("token truncation caps, token mask drops", () => {
  const truncated = weightsOf({ level: "token", outside: "truncate", max: 2 });
  expect(truncated.list[0]).toBe(2);
  expect(truncated.list[1]).toBeCloseTo(0.5, 12);
  expect(truncated.affected).toBe(0.5);
  expect(weightsOf({ level: "token", outside: "mask", max: 2 }).list[0]).toBe(0);
  expect(weightsOf({ level: "token", outside: "mask", min: 0.6, max: 4 }).list[1]).toBe(0);
});

test("a sequence gets one weight, from the sum or the mean of its differences", () => {
  const sum = weightsOf({ level: "sequence-sum", outside: "truncate", max: 3 }).list;
  expect(sum[0]).toBeCloseTo(1.5, 12);
  expect(sum[1]).toBe(sum[0]);
  const mean = weightsOf({ level: "sequence-mean", outside: "truncate", max: 3 }).list;
  expect(mean[0]).toBeCloseTo(Math.sqrt(1.5), 12);
  expect(weightsOf({ level: "sequence-sum", outside: "mask", max: 1.2 }).list).toEqual([0, 0, 0]);
});

test("equal log-probs give weight 1 at every level, and masked tokens give 0", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -9, max: 0, noNaN: true }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom("token" as const, "sequence-sum" as const, "sequence-mean" as const),
      (row, level) => {
        const m = row.map((_, i) => i % 2);
        const { weights, affectedFraction } = importanceWeights([row], [row], [m], {
          level,
          outside: "mask",
          min: 0.99,
          max: 1.01,
        });
        expect([...weights[0]!]).toEqual(m);
        expect(affectedFraction).toBe(0);
      },
    ),
  );
});

test("bounds that are none are refused", () => {
  expect(() => weightsOf({ level: "token", outside: "mask", min: 2, max: 1 })).toThrow(/bounds/);
});
