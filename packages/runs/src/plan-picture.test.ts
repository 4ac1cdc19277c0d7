// Pictures of plans: outlines and names where the boxes are, the picture beneath as it was, nothing outside it.
import { decodePng, type RgbImage } from "@easel/shapeworld";
import fc from "fast-check";
import { expect, it } from "vitest";
import { planPicture } from "./plan-picture.js";

const grey = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(128),
});
const pixel = ({ data, width }: RgbImage, x: number, y: number): readonly number[] => [
  ...data.slice((y * width + x) * 3, (y * width + x) * 3 + 3),
];

const box = { x1: 250, y1: 250, x2: 750, y2: 750 };

it("draws the outline with a white line inside it, and leaves the rest of the picture", () => {
  const drawn = decodePng(planPicture(grey(400, 400), [{ name: "cup", box }], 1));
  expect(pixel(drawn, 299, 200)).toEqual([194, 0, 110]);
  expect(pixel(drawn, 297, 200)).toEqual([255, 255, 255]);
  expect(pixel(drawn, 200, 200)).toEqual([128, 128, 128]);
  expect(pixel(drawn, 50, 50)).toEqual([128, 128, 128]);
});

it("writes each object's name at its box, so that two pictures of other names differ there alone", () => {
  const [cup, hat] = ["cup", "hat"].map((name) =>
    decodePng(planPicture(grey(200, 200), [{ name, box }], 2)),
  ) as [RgbImage, RgbImage];
  const differing: (readonly [number, number])[] = [];
  for (let y = 0; y < cup.height; y += 1) {
    for (let x = 0; x < cup.width; x += 1) {
      if (pixel(cup, x, y).join() !== pixel(hat, x, y).join()) differing.push([x, y]);
    }
  }
  expect(differing.length).toBeGreaterThan(20);
  expect(differing.every(([x, y]) => x >= 100 && x < 145 && y >= 100 && y < 120)).toBe(true);
});

it("takes any plan and any picture", () => {
  const corner = fc.integer({ min: 0, max: 999 });
  const object = fc.record({
    name: fc.string({ unit: "grapheme", maxLength: 80 }),
    box: fc.option(
      fc.tuple(corner, corner, corner, corner).map(([a, b, c, d]) => ({
        x1: Math.min(a, c),
        y1: Math.min(b, d),
        x2: Math.max(a, c),
        y2: Math.max(b, d),
      })),
    ),
  });
  const side = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(
      side,
      side,
      fc.array(object, { maxLength: 4 }),
      fc.integer({ min: 1, max: 3 }),
      (w, h, plan, factor) => {
        const drawn = decodePng(planPicture(grey(w, h), plan, factor));
        expect([drawn.width, drawn.height]).toEqual([w * factor, h * factor]);
      },
    ),
    { numRuns: 60 },
  );
});
