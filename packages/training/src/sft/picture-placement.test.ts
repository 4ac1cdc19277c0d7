// Boxes follow their picture: whatever is shown of an object lies in the object's box after any preparation.
import { type Box, boxArea } from "@easel/chain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { picturePolicies, placeBox, placePicture, placePoint } from "./picture-placement.js";

const side = fc.integer({ min: 1, max: 3000 });
const coordinate = fc.integer({ min: 0, max: 999 });
const box: fc.Arbitrary<Box> = fc
  .tuple(coordinate, coordinate, coordinate, coordinate)
  .map(([a, b, c, d]) => ({ x1: Math.min(a, b), x2: Math.max(a, b), y1: Math.min(c, d), y2: Math.max(c, d) }))
  .filter((one) => boxArea(one) > 0);
const policy = fc.constantFrom(...picturePolicies);
const share = fc.double({ min: 0, max: 1, noNaN: true });

// Rounding to whole thousandths moves an edge by half a thousandth, and the largest coordinate is 999, not 1000.
const slack = 1.0001;

describe("placeBox", () => {
  it("keeps every shown pixel of the object in its box", () => {
    fc.assert(
      fc.property(policy, side, side, box, share, share, (how, width, height, object, along, down) => {
        const placement = placePicture(how, width, height, 384);
        const moved = placeBox(placement, object, 0);
        const x = object.x1 + along * (object.x2 - object.x1);
        const y = object.y1 + down * (object.y2 - object.y1);
        const point = placePoint(placement, x, y);
        const shown = point.x >= 0 && point.x <= 1000 && point.y >= 0 && point.y <= 1000;
        if (moved === null || !shown) return;
        expect(point.x).toBeGreaterThanOrEqual(moved.x1 - slack);
        expect(point.x).toBeLessThanOrEqual(moved.x2 + slack);
        expect(point.y).toBeGreaterThanOrEqual(moved.y1 - slack);
        expect(point.y).toBeLessThanOrEqual(moved.y2 + slack);
      }),
    );
  });

  it("gives boxes that a chain may hold", () => {
    fc.assert(
      fc.property(policy, side, side, box, share, (how, width, height, object, kept) => {
        const moved = placeBox(placePicture(how, width, height, 384), object, kept);
        if (moved === null) return;
        for (const value of Object.values(moved)) {
          expect(Number.isInteger(value) && value >= 0 && value <= 999).toBe(true);
        }
        expect(boxArea(moved)).toBeGreaterThan(0);
      }),
    );
  });

  it("changes no box where both sides are scaled alone, nor in a square picture", () => {
    fc.assert(
      fc.property(policy, side, side, box, (how, width, height, object) => {
        expect(placeBox(placePicture("square-resize", width, height, 384), object, 1)).toEqual(object);
        expect(placeBox(placePicture(how, width, width, 384), object, 1)).toEqual(object);
      }),
    );
  });

  it("loses a box when less than the asked share of it is shown", () => {
    // The middle half of a picture twice as wide as high: thousandths 250 to 750.
    const placement = placePicture("centre-crop", 800, 400, 384);
    const half: Box = { x1: 150, y1: 100, x2: 350, y2: 900 };
    expect(placeBox(placement, half, 0.5)).toEqual({ x1: 0, y1: 100, x2: 200, y2: 900 });
    expect(placeBox(placement, half, 0.51)).toBeNull();
    expect(placeBox(placement, { x1: 0, y1: 0, x2: 240, y2: 999 }, 0)).toBeNull();
  });

  it("never loses a box to padding, but for one too thin to be written", () => {
    fc.assert(
      fc.property(box, (object) => {
        fc.pre(object.x2 - object.x1 >= 10 && object.y2 - object.y1 >= 10);
        expect(placeBox(placePicture("pad", 900, 300, 384), object, 1)).not.toBeNull();
      }),
    );
  });
});
