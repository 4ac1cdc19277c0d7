import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeObjects, RELATIONS, randomFrom, relationHolds } from "./index.js";
import { farEnough } from "./placement.js";

const relation = fc.constantFrom(...RELATIONS);

describe("placeObjects", () => {
  it("places every star of two to four objects, apart, on the grid, true to all relations", () => {
    const stars = fc
      .integer({ min: 1, max: 3 })
      .chain((satellites) =>
        fc.tuple(
          fc.integer({ min: 0, max: satellites }),
          fc.array(relation, { minLength: satellites, maxLength: satellites }),
        ),
      );
    fc.assert(
      fc.property(stars, fc.integer(), ([hub, relations], seed) => {
        const count = relations.length + 1;
        const others = Array.from({ length: count }, (_, i) => i).filter((i) => i !== hub);
        const wanted = relations.map((r, i) => ({ a: others[i]!, relation: r, b: hub }));
        const placement = placeObjects(randomFrom(seed), count, wanted);
        expect(placement).not.toBeNull();
        const boxes = placement!.boxes;
        expect(boxes).toHaveLength(count);
        for (const { a, relation: r, b } of wanted) expect(relationHolds(r, boxes[a]!, boxes[b]!)).toBe(true);
        for (const [i, one] of boxes.entries()) {
          expect([16, 24]).toContain(one.x2 - one.x1);
          expect(one.y2 - one.y1).toBe(one.x2 - one.x1);
          for (const value of Object.values(one)) {
            expect(value % 8).toBe(0);
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(64);
          }
          for (const other of boxes.slice(i + 1)) expect(farEnough(one, other)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds the rare arrangements: three in one row need all sides at 16 px", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const row = placeObjects(randomFrom(seed), 3, [
        { a: 0, relation: "left", b: 1 },
        { a: 1, relation: "left", b: 2 },
      ]);
      expect(row?.boxes.map((box) => box.x1)).toEqual([0, 24, 48]);
    }
  });

  it("says null when there is none, instead of leaving a relation out", () => {
    const contradiction = [
      { a: 0, relation: "left", b: 1 },
      { a: 1, relation: "left", b: 0 },
    ] as const;
    expect(placeObjects(randomFrom(1), 2, contradiction)).toBeNull();
    const rowOfFour = [0, 1, 2].map((a) => ({ a, relation: "left", b: a + 1 }) as const);
    expect(placeObjects(randomFrom(1), 4, rowOfFour)).toBeNull();
  });

  it("uses the whole canvas and both sides", () => {
    const random = randomFrom("spread");
    const corners = new Set<number>();
    let large = 0;
    for (let run = 0; run < 1000; run += 1) {
      for (const box of placeObjects(random, 2, [])!.boxes) {
        corners.add(box.y1 * 64 + box.x1);
        if (box.x2 - box.x1 === 24) large += 1;
      }
    }
    expect(corners.size).toBe(49);
    expect(large / 2000).toBeGreaterThan(0.4);
    expect(large / 2000).toBeLessThan(0.6);
  });
});
