import fc from "fast-check";
import { expect, test } from "vitest";
import { k3, klTerm } from "./kl-estimators.js";

const logProb = fc.double({ min: -12, max: 0, noNaN: true });

test("k3 is never negative, and 0 only for equal log-probs", () => {
  fc.assert(
    fc.property(logProb, logProb, (l, ref) => {
      expect(k3(l, ref)).toBeGreaterThanOrEqual(0);
      expect(k3(l, l)).toBe(0);
      if (Math.abs(l - ref) > 1e-6) expect(k3(l, ref)).toBeGreaterThan(0);
    }),
  );
});

test("derivatives agree with finite differences", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("k1" as const, "k2" as const, "k3" as const),
      logProb,
      logProb,
      (kind, l, ref) => {
        const h = 1e-6;
        const numeric = (klTerm(kind, l + h, ref).value - klTerm(kind, l - h, ref).value) / (2 * h);
        const { gradient } = klTerm(kind, l, ref);
        expect(Math.abs(numeric - gradient)).toBeLessThan(1e-3 * Math.max(1, Math.abs(gradient)));
      },
    ),
  );
});

test("k1 and k3 both estimate KL(policy || reference) on a small softmax, k3 by enumeration", () => {
  const p = [0.5, 0.3, 0.2];
  const q = [0.2, 0.3, 0.5];
  const kl = p.reduce((sum, pi, i) => sum + pi * Math.log(pi / q[i]!), 0);
  for (const kind of ["k1", "k3"] as const) {
    const mean = p.reduce((sum, pi, i) => sum + pi * klTerm(kind, Math.log(pi), Math.log(q[i]!)).value, 0);
    expect(mean).toBeCloseTo(kl, 12);
  }
});

test("a huge difference stays finite", () => {
  expect(Number.isFinite(k3(-1000, 0))).toBe(true);
  expect(klTerm("k3", -1000, 0).gradient).toBeCloseTo(0);
});
