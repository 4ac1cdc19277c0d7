import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Box,
  boxArea,
  boxCentre,
  clampBox,
  iou,
  meanPairwiseIou,
  orderCorners,
  overlapArea,
} from "./index.js";

const coordinate = fc.integer({ min: -50, max: 1100 });
const anyBox: fc.Arbitrary<Box> = fc.record({
  x1: coordinate,
  y1: coordinate,
  x2: coordinate,
  y2: coordinate,
});

describe("geometry of boxes", () => {
  it("gives a symmetric IoU in [0,1], and 1 for a box with itself unless it is empty", () => {
    fc.assert(
      fc.property(anyBox, anyBox, (one, two) => {
        const [a, b] = [orderCorners(one), orderCorners(two)];
        expect(iou(a, b)).toBe(iou(b, a));
        expect(iou(a, b)).toBeGreaterThanOrEqual(0);
        expect(iou(a, b)).toBeLessThanOrEqual(1);
        expect(iou(a, a)).toBe(boxArea(a) === 0 ? 0 : 1);
      }),
    );
  });

  it("counts shared area like counting unit squares", () => {
    const small = fc.integer({ min: 0, max: 9 });
    const smallBox = fc.record({ x1: small, y1: small, x2: small, y2: small }).map(orderCorners);
    fc.assert(
      fc.property(smallBox, smallBox, (a, b) => {
        const inside = (box: Box, x: number, y: number): boolean =>
          x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
        let squares = 0;
        for (let y = 0; y < 10; y += 1) {
          for (let x = 0; x < 10; x += 1) if (inside(a, x, y) && inside(b, x, y)) squares += 1;
        }
        expect(overlapArea(a, b)).toBe(squares);
      }),
    );
  });

  it("ordering and clamping are idempotent and do not depend on their order", () => {
    fc.assert(
      fc.property(anyBox, (box) => {
        const ready = clampBox(orderCorners(box));
        expect(orderCorners(clampBox(box))).toEqual(ready);
        expect(clampBox(orderCorners(ready))).toEqual(ready);
      }),
    );
  });

  it("knows plain cases", () => {
    const a = { x1: 0, y1: 0, x2: 100, y2: 100 };
    const b = { x1: 50, y1: 0, x2: 150, y2: 100 };
    expect(iou(a, b)).toBeCloseTo(1 / 3, 12);
    expect(boxCentre(b)).toEqual({ x: 100, y: 50 });
    expect(meanPairwiseIou([a])).toBe(0);
    expect(meanPairwiseIou([a, b, a])).toBeCloseTo((1 / 3 + 1 + 1 / 3) / 3, 12);
  });
});
