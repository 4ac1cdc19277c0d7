import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupAdvantages } from "./group-advantages.js";
import { leaveOneOutAdvantages } from "./leave-one-out.js";

const reward = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000);
const group = fc.array(reward, { minLength: 2, maxLength: 16 });
const scale = fc.constantFrom("group" as const, "batch" as const, "none" as const);
const one = (rewards: (number | null | undefined)[]) => groupAdvantages([rewards]).advantages[0]!;

describe("group advantages", () => {
  test("sum to 0 in every group", () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), scale, (rewards, s) => {
        for (const row of groupAdvantages(rewards, { scale: s }).advantages) {
          expect(Math.abs(row.reduce((a, b) => a + b, 0))).toBeLessThan(1e-9);
        }
      }),
    );
  });

  test("follow a permutation of the samples", () => {
    fc.assert(
      fc.property(group, (rewards) => {
        const forward = one(rewards);
        const backward = one([...rewards].reverse());
        for (const [i, a] of forward.entries()) {
          expect(backward[rewards.length - 1 - i]).toBeCloseTo(a, 9);
        }
      }),
    );
  });

  test("do not depend on the order of the groups", () => {
    fc.assert(
      fc.property(group, group, scale, (a, b, s) => {
        const ab = groupAdvantages([a, b], { scale: s }).advantages;
        const ba = groupAdvantages([b, a], { scale: s }).advantages;
        for (const [i, value] of ab[0]!.entries()) expect(ba[1]![i]).toBeCloseTo(value, 9);
      }),
    );
  });

  test("are unchanged by an affine change of the rewards, up to epsilon", () => {
    fc.assert(
      fc.property(group, fc.double({ min: 0.5, max: 8, noNaN: true }), (rewards, factor) => {
        fc.pre(Math.max(...rewards) - Math.min(...rewards) > 0.1);
        const plain = groupAdvantages([rewards], { epsilon: 0 }).advantages[0]!;
        const moved = groupAdvantages([rewards.map((r) => factor * r + 3)], { epsilon: 0 }).advantages[0]!;
        for (const [i, value] of plain.entries()) expect(moved[i]).toBeCloseTo(value, 8);
      }),
    );
  });

  test("of ties are exactly 0, also where the mean is not representable", () => {
    expect(one([0.1, 0.1, 0.1])).toEqual([0, 0, 0]);
    const { groups } = groupAdvantages([[0.1, 0.1, 0.1]], { scale: "none" });
    expect(groups[0]).toMatchObject({ informative: false, missing: 0 });
  });

  test("of a group of one are 0, in every scale", () => {
    for (const s of ["group", "batch", "none"] as const) {
      expect(groupAdvantages([[0.7], [0.1, 0.9]], { scale: s }).advantages[0]).toEqual([0]);
    }
  });

  test("of one success among eight show epsilon and Bessel", () => {
    const row = one([1, 0, 0, 0, 0, 0, 0, 0]);
    expect(row[0]).toBeCloseTo(0.875 / (Math.sqrt(0.125) + 1e-4), 12);
  });

  test("batch scaling divides every group by one deviation", () => {
    const { advantages } = groupAdvantages(
      [
        [0, 1],
        [0, 0.1],
      ],
      { scale: "batch" },
    );
    expect(advantages[0]![1]! / advantages[1]![1]!).toBeCloseTo(10, 9);
  });
});

describe("missing rewards", () => {
  test("are ignored in mean and deviation and get 0, the others stay as if they were alone", () => {
    const { advantages, usable, groups } = groupAdvantages([[0.2, null, 0.8, Number.NaN, undefined]]);
    const alone = one([0.2, 0.8]);
    expect(advantages[0]).toEqual([alone[0], 0, alone[1], 0, 0]);
    expect(usable[0]).toEqual([true, false, true, false, false]);
    expect(groups[0]!.missing).toBe(3);
  });

  test("that are all there is give zeros, not NaN", () => {
    expect(one([null, Number.NaN])).toEqual([0, 0]);
  });

  test("drop their whole group if that is the policy", () => {
    const result = groupAdvantages(
      [
        [0.2, null, 0.8],
        [0, 1],
      ],
      { missing: "drop-group" },
    );
    expect(result.advantages[0]).toEqual([0, 0, 0]);
    expect(result.usable[0]).toEqual([false, false, false]);
    expect(result.groups.map((g) => g.informative)).toEqual([false, true]);
  });

  test("count as the lowest score if that is the policy", () => {
    const filled = groupAdvantages([[0.2, null, 0.8]], { missing: "lowest" });
    expect(filled.advantages[0]).toEqual(one([0.2, 0, 0.8]));
    expect(filled.groups[0]!.missing).toBe(1);
  });

  test("an infinite reward is refused by name", () => {
    expect(() => one([0, Number.POSITIVE_INFINITY])).toThrow(/reward 1 .*Infinity/);
  });
});

describe("leave-one-out advantages", () => {
  test("are n/(n-1) times the centred reward", () => {
    fc.assert(
      fc.property(group, (rewards) => {
        const centred = groupAdvantages([rewards], { scale: "none" }).advantages[0]!;
        const n = rewards.length;
        for (const [i, value] of leaveOneOutAdvantages([rewards])[0]!.entries()) {
          expect(value).toBeCloseTo((centred[i]! * n) / (n - 1), 9);
        }
      }),
    );
  });

  test("give exactly 0 for ties, for one sample and for a missing reward", () => {
    expect(leaveOneOutAdvantages([[0.1, 0.1, 0.1], [5], [1, null, 0]])).toEqual([[0, 0, 0], [0], [1, 0, -1]]);
  });
});
