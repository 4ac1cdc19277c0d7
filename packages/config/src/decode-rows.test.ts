// Rows of a decoding call follow from slots and group size, and a bound holds whatever they are.
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRows } from "./decode-rows.js";
import { compileRunConfig } from "./load-run-config.js";

test("all samples of the slots at once, or as many as the bound allows", () => {
  const size = fc.integer({ min: 2, max: 64 });
  fc.assert(
    fc.property(size, size, fc.integer({ min: 1, max: 5000 }), (slots, groupSize, bound) => {
      const sets = [`rollout.slots=${slots}`, `grpo.groupSize=${groupSize}`];
      expect(decodeRows(compileRunConfig({ sets }))).toBe(slots * groupSize);
      const bounded = compileRunConfig({ sets: [...sets, `rollout.maxRows=${bound}`] });
      expect(decodeRows(bounded)).toBe(Math.min(bound, slots * groupSize));
    }),
  );
});
