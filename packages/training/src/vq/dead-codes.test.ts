// Replacement of unused codes: only dead ones, the idlest first, each by a candidate of its own.
import { randomFrom } from "@easel/shapeworld";
import fc from "fast-check";
import { expect, it } from "vitest";
import { codebookUse, replaceDeadCodes } from "./dead-codes.js";

const uses = fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { minLength: 1, maxLength: 64 });

it("replaces dead codes only, and uses no candidate twice", () => {
  fc.assert(
    fc.property(uses, fc.integer({ min: 0, max: 40 }), fc.integer(), (list, candidates, seed) => {
      const replaced = replaceDeadCodes(list, 0.5, candidates, randomFrom(seed));
      const dead = list.filter((use) => use < 0.5).length;
      expect(replaced).toHaveLength(Math.min(dead, candidates));
      expect(replaced.every(({ code }) => (list[code] ?? 1) < 0.5)).toBe(true);
      expect(new Set(replaced.map(({ code }) => code)).size).toBe(replaced.length);
      expect(new Set(replaced.map(({ candidate }) => candidate)).size).toBe(replaced.length);
      expect(replaced.every(({ candidate }) => candidate >= 0 && candidate < candidates)).toBe(true);
    }),
  );
});

it("takes the idlest codes when candidates are few", () => {
  const replaced = replaceDeadCodes([0.3, 2, 0.1, 0.2], 0.5, 2, randomFrom(1));
  expect(replaced.map(({ code }) => code)).toEqual([2, 3]);
});

it("counts the share of codes in use", () => {
  expect(codebookUse([0, 0.03, 1, 2], 0.03)).toBe(0.75);
});
