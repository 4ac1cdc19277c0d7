import type { ObjectSpec, PromptSpec } from "@easel/shapeworld";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestAssignment } from "./best-assignment.js";
import { type PlacedObject, relationCosine, relScore } from "./rel-score.js";
import { matchFraction, setScore } from "./set-score.js";

/** The largest total over all one-to-one assignments, by trying each of them. */
function exhaustive(weights: number[][], row = 0, used: ReadonlySet<number> = new Set()): number {
  if (row === weights.length) return 0;
  let best = exhaustive(weights, row + 1, used);
  for (const [column, weight] of weights[row]!.entries()) {
    if (used.has(column)) continue;
    best = Math.max(best, weight + exhaustive(weights, row + 1, new Set([...used, column])));
  }
  return best;
}

test("the assignment is as good as the best of all", () => {
  const table = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, columns]) =>
      fc.array(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: columns, maxLength: columns }),
        {
          minLength: rows,
          maxLength: rows,
        },
      ),
    );
  fc.assert(
    fc.property(table, (weights) => {
      const { total, columnOf } = bestAssignment(weights, weights[0]!.length);
      expect(total).toBeCloseTo(exhaustive(weights), 9);
      const taken = columnOf.filter((column) => column >= 0);
      expect(new Set(taken).size).toBe(taken.length);
    }),
  );
});

const red: ObjectSpec = { colour: "red", shape: "circle" };
const blue: ObjectSpec = { colour: "blue", shape: "square" };

describe("set score", () => {
  test("is 1 for exactly the objects asked for, whatever else they are", () => {
    expect(
      setScore(
        [red, blue],
        [
          { ...blue, texture: "solid" },
          { ...red, texture: "dotted" },
        ],
      ),
    ).toBe(1);
  });

  test("costs a missing, a wrong and a surplus object", () => {
    expect(setScore([red, blue], [red])).toBe(0.5);
    expect(setScore([red, blue], [red, { colour: "blue", shape: "cross" }])).toBe(0.75);
    expect(setScore([red, blue], [red, blue, red])).toBeCloseTo(2 / 3, 12);
    expect(setScore([red], [])).toBe(0);
  });

  test("counts only attributes that are named", () => {
    expect(matchFraction({ colour: "red" }, { colour: "red", shape: "cross" })).toBe(1);
    expect(matchFraction({ ...red, texture: "striped" }, { ...red, texture: "solid" })).toBeCloseTo(
      2 / 3,
      12,
    );
  });

  test("does not depend on the order of what was found", () => {
    const object = fc.record({
      colour: fc.constantFrom("red", "blue"),
      shape: fc.constantFrom("circle", "square"),
    });
    fc.assert(
      fc.property(fc.array(object, { maxLength: 5 }), (found) => {
        expect(setScore([red, blue], found)).toBeCloseTo(setScore([red, blue], [...found].reverse()), 12);
      }),
    );
  });
});

const at = (x: number, y: number) => ({ x1: x, y1: y, x2: x + 16, y2: y + 16 });
const prompt = (objects: ObjectSpec[], relation: "left" | "above"): PromptSpec => ({
  category: "spatial",
  text: "",
  objects,
  relations: [{ a: 0, relation, b: 1, inverted: false }],
  key: "",
  split: "dev",
});

describe("relations", () => {
  test("are fully true within 45 degrees, half true between, false at 90 degrees", () => {
    expect(relationCosine(at(0, 0), "left", at(32, 0))).toBe(1);
    expect(relationCosine(at(0, 0), "left", at(32, 32))).toBeCloseTo(1, 12);
    expect(relationCosine(at(0, 0), "left", at(16, 32))).toBeCloseTo(Math.SQRT2 / Math.sqrt(5), 12);
    expect(relationCosine(at(0, 0), "left", at(0, 32))).toBe(0);
    expect(relationCosine(at(32, 0), "left", at(0, 0))).toBe(0);
    expect(relationCosine(at(8, 8), "above", at(8, 8))).toBe(0);
  });

  test("between other objects than those named are worth less", () => {
    const p = prompt([red, blue], "left");
    const right: PlacedObject[] = [
      { ...red, box: at(0, 0) },
      { ...blue, box: at(32, 0) },
    ];
    expect(relScore(p, right)).toBe(1);
    expect(relScore(p, [right[0]!, { colour: "blue", shape: "cross", box: at(32, 0) }])).toBe(0.5);
    expect(relScore(p, [right[0]!])).toBe(0);
  });

  test("among objects that share a colour are not rescued by swapping the names", () => {
    const p = prompt([red, { colour: "red", shape: "square" }], "left");
    expect(
      relScore(p, [
        { ...red, box: at(32, 0) },
        { colour: "red", shape: "square", box: at(0, 0) },
      ]),
    ).toBe(0);
  });

  test("take the best of equally good ways to name alike objects", () => {
    const p = prompt([red, red], "above");
    const found = [
      { ...red, box: at(0, 40) },
      { ...red, box: at(0, 0) },
    ];
    expect(relScore(p, found)).toBe(1);
    expect(relScore(p, [...found].reverse())).toBe(1);
  });
});
