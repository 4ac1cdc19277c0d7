import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChainError, fromPixels, orderCorners, toPixels } from "./index.js";

describe("canvas geometry", () => {
  it("returns every pixel box of canvases up to 500 px a side", () => {
    const sized = fc.record({
      width: fc.integer({ min: 1, max: 500 }),
      height: fc.integer({ min: 1, max: 500 }),
    });
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(sized, fraction, fraction, fraction, fraction, (size, x1, y1, x2, y2) => {
        const box = orderCorners({
          x1: Math.round(x1 * size.width),
          y1: Math.round(y1 * size.height),
          x2: Math.round(x2 * size.width),
          y2: Math.round(y2 * size.height),
        });
        expect(toPixels(fromPixels(box, size), size)).toEqual(box);
      }),
    );
  });

  it("maps the cells of the 64 px world as the plan writes them", () => {
    const size = { width: 64, height: 64 };
    expect(fromPixels({ x1: 8, y1: 16, x2: 24, y2: 64 }, size)).toEqual({
      x1: 125,
      y1: 250,
      x2: 375,
      y2: 999,
    });
    expect(toPixels({ x1: 0, y1: 0, x2: 999, y2: 999 }, { width: 384, height: 384 })).toEqual({
      x1: 0,
      y1: 0,
      x2: 384,
      y2: 384,
    });
  });

  it.each([0, -3, Number.NaN, Number.POSITIVE_INFINITY])("refuses a canvas of width %d", (width) => {
    const box = { x1: 0, y1: 0, x2: 1, y2: 1 };
    expect(() => toPixels(box, { width, height: 64 })).toThrowError(ChainError);
    expect(() => fromPixels(box, { width, height: 64 })).toThrowError(ChainError);
  });
});
