import fc from "fast-check";
import { expect, test } from "vitest";
import { clippedSurrogate } from "./clipped-surrogate.js";

const difference = fc.double({ min: -2, max: 2, noNaN: true });
const advantage = fc.double({ min: -3, max: 3, noNaN: true });

/** The textbook form, written with min and clip only. */
function textbook(ratio: number, a: number, low: number, high: number, delta: number): number {
  const clipped = Math.min(1 + high, Math.max(1 - low, ratio));
  return -Math.min(Math.min(ratio, delta) * a, clipped * a);
}

test("equals the textbook minimum for every range", () => {
  fc.assert(
    fc.property(difference, advantage, (d, a) => {
      const range = { epsLow: 0.2, epsHigh: 0.28, delta: 3 };
      const term = clippedSurrogate(-1 + d, -1, a, range);
      expect(term.loss).toBeCloseTo(textbook(Math.exp(d), a, 0.2, 0.28, 3), 10);
    }),
  );
});

test("the bound delta is the dual clip: the loss of a bad token never exceeds delta times |A|", () => {
  fc.assert(
    fc.property(fc.double({ min: -2, max: 30, noNaN: true }), advantage, (d, a) => {
      const plain = clippedSurrogate(-1 + d, -1, a).loss;
      const dual = a < 0 ? Math.min(plain, -3 * a) : plain;
      expect(clippedSurrogate(-1 + d, -1, a, { delta: 3 }).loss).toBeCloseTo(dual, 6);
    }),
  );
});

test("the gradient agrees with finite differences away from the bounds", () => {
  fc.assert(
    fc.property(difference, advantage, (d, a) => {
      const ratio = Math.exp(d);
      fc.pre(Math.abs(ratio - 0.8) > 1e-3 && Math.abs(ratio - 1.2) > 1e-3 && Math.abs(ratio - 3) > 1e-3);
      const at = (l: number) => clippedSurrogate(l, -1, a, { delta: 3 });
      const h = 1e-6;
      const numeric = (at(-1 + d + h).loss - at(-1 + d - h).loss) / (2 * h);
      expect(at(-1 + d).gradient).toBeCloseTo(numeric, 4);
    }),
  );
});

test("names the bound that stopped the gradient", () => {
  const clipOf = (ratio: number, a: number) => clippedSurrogate(Math.log(ratio), 0, a, { delta: 3 }).clip;
  expect([clipOf(1.5, 1), clipOf(0.5, -1), clipOf(4, -1)]).toEqual(["high", "low", "dual"]);
  expect([clipOf(1.5, -1), clipOf(0.5, 1), clipOf(4, 0), clipOf(1, 1)]).toEqual(Array(4).fill("inside"));
});

test("a huge log-ratio stays finite", () => {
  const term = clippedSurrogate(0, -500, -1);
  expect(term.loss).toBeCloseTo(Math.exp(20), 0);
  expect(term.gradient).toBeCloseTo(0, 12);
});
