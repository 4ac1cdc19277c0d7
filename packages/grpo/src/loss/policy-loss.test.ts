import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Aggregation } from "./aggregation.js";
import { type PolicyLossInput, policyLoss } from "./policy-loss.js";

const logProb = fc.double({ min: -6, max: -0.01, noNaN: true });
const sequence = fc.array(fc.record({ l: logProb, old: logProb, ref: logProb, counts: fc.boolean() }), {
  minLength: 1,
  maxLength: 6,
});
const batch = fc
  .array(fc.record({ tokens: sequence, a: fc.double({ min: -2, max: 2, noNaN: true }) }), {
    minLength: 2,
    maxLength: 5,
  })
  .map((rows) => ({
    logProbs: rows.map((r) => r.tokens.map((t) => t.l)),
    oldLogProbs: rows.map((r) => r.tokens.map((t) => t.old)),
    referenceLogProbs: rows.map((r) => r.tokens.map((t) => t.ref)),
    mask: rows.map((r) => r.tokens.map((t) => (t.counts ? 1 : 0))),
    advantages: rows.map((r) => r.a),
  }));
const aggregation = fc.constantFrom<Aggregation>(
  { kind: "tokenMean" },
  { kind: "sequenceMean" },
  { kind: "drGrpo", maxLength: 8 },
);

function part(input: PolicyLossInput, from: number, to?: number): PolicyLossInput {
  return {
    logProbs: input.logProbs.slice(from, to),
    oldLogProbs: input.oldLogProbs!.slice(from, to),
    referenceLogProbs: input.referenceLogProbs!.slice(from, to),
    mask: input.mask.slice(from, to),
    advantages: Array.from(input.advantages).slice(from, to),
  };
}

describe("policy loss", () => {
  test("with ratio 1 is the mean of -A, and the gradient of a token is -A/N", () => {
    fc.assert(
      fc.property(batch, ({ logProbs, mask, advantages }) => {
        const { loss, gradient, metrics } = policyLoss(
          { logProbs, oldLogProbs: logProbs, mask, advantages },
          { klWeight: 0 },
        );
        let expected = 0;
        for (const [i, row] of mask.entries()) {
          for (const [t, counts] of row.entries()) {
            expected -= counts * advantages[i]!;
            expect(gradient[i]![t]).toBeCloseTo((-counts * advantages[i]!) / Math.max(metrics.tokens, 1), 12);
          }
        }
        expect(loss).toBeCloseTo(expected / Math.max(metrics.tokens, 1), 12);
      }),
    );
  });

  test("does not see padding, whatever it holds", () => {
    fc.assert(
      fc.property(batch, aggregation, (input, how) => {
        const junk = [Number.NaN, Number.POSITIVE_INFINITY];
        const padded = {
          logProbs: input.logProbs.map((r) => [...r, ...junk]),
          oldLogProbs: input.oldLogProbs.map((r) => [...r, ...junk]),
          referenceLogProbs: input.referenceLogProbs.map((r) => [...r, ...junk]),
          mask: input.mask.map((r) => [...r, 0, 0]),
          advantages: input.advantages,
        };
        const a = policyLoss(input, { aggregation: how });
        const b = policyLoss(padded, { aggregation: how });
        expect(b.loss).toBe(a.loss);
        for (const [i, row] of a.gradient.entries()) expect([...b.gradient[i]!]).toEqual([...row, 0, 0]);
      }),
    );
  });

  test("adds up over micro-batches that know the totals of the step", () => {
    fc.assert(
      fc.property(batch, aggregation, (input, how) => {
        const whole = policyLoss(input, { aggregation: how });
        const total: Aggregation =
          how.kind === "tokenMean"
            ? { kind: "tokenMean", tokens: Math.max(1, whole.metrics.tokens) }
            : { ...how, sequences: input.logProbs.length };
        const first = policyLoss(part(input, 0, 1), { aggregation: total });
        const rest = policyLoss(part(input, 1), { aggregation: total });
        expect(first.loss + rest.loss).toBeCloseTo(whole.loss, 9);
        const joined = [...first.gradient, ...rest.gradient];
        for (const [i, row] of whole.gradient.entries()) {
          for (const [t, value] of row.entries()) expect(joined[i]![t]).toBeCloseTo(value, 9);
        }
      }),
    );
  });

  test("importance weights scale the surrogate and leave the divergence alone", () => {
    fc.assert(
      fc.property(batch, (input) => {
        const importance = input.mask.map((row) => row.map(() => 0));
        const corrected = policyLoss({ ...input, importance }, { klWeight: 0.5 });
        const onlyKl = policyLoss({ ...input, advantages: input.advantages.map(() => 0) }, { klWeight: 0.5 });
        expect(corrected.loss).toBeCloseTo(onlyKl.loss, 9);
      }),
    );
  });

  test("an empty mask gives 0, not NaN", () => {
    for (const kind of [
      { kind: "tokenMean" },
      { kind: "sequenceMean" },
      { kind: "drGrpo", maxLength: 4 },
    ] as const) {
      const result = policyLoss(
        { logProbs: [[-1, -2]], mask: [[0, 0]], advantages: [1] },
        { klWeight: 0, aggregation: kind },
      );
      expect(result.loss).toBe(0);
      expect([...result.gradient[0]!]).toEqual([0, 0]);
    }
  });

  test("clip fractions count masked tokens out", () => {
    const { metrics } = policyLoss(
      { logProbs: [[0, 0, 0]], oldLogProbs: [[-1, -1, 0]], mask: [[1, 0, 1]], advantages: [1] },
      { klWeight: 0 },
    );
    expect(metrics.clipHighFraction).toBe(0.5);
    expect(metrics.clipLowFraction).toBe(0);
  });

  test("Dr. GRPO divides by its fixed length, so a long answer is not diluted", () => {
    const input = { logProbs: [[-1], [-1, -1, -1]], mask: [[1], [1, 1, 1]], advantages: [1, 1] };
    const { gradient } = policyLoss(input, { klWeight: 0, aggregation: { kind: "drGrpo", maxLength: 5 } });
    expect([...gradient[0]!, ...gradient[1]!]).toEqual(Array(4).fill(-1 / 10));
  });

  test("a short row, a lost number and a missing reference are refused by name, not padded", () => {
    const base = { logProbs: [[-1, -2]], mask: [[1, 1]], advantages: [1] };
    expect(() => policyLoss({ ...base, oldLogProbs: [[-1]] }, { klWeight: 0 })).toThrow(
      /old log-probs row 0/,
    );
    expect(() => policyLoss({ ...base, logProbs: [[-1, Number.NaN]] }, { klWeight: 0 })).toThrow(
      /\[0\]\[1\] is NaN/,
    );
    expect(() => policyLoss(base)).toThrow(/no reference log-probs/);
    expect(() => policyLoss({ ...base, advantages: [] }, { klWeight: 0 })).toThrow(/0 advantages for 1/);
    expect(() => policyLoss(base, { klWeight: 0, clip: { delta: 1.1 } })).toThrow(/delta/);
  });
});
