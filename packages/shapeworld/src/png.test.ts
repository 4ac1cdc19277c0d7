import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blankImage,
  contactSheet,
  decodePng,
  drawBoxes,
  encodePng,
  type RgbImage,
  randomFrom,
  renderScene,
  ShapeworldError,
  sampleExample,
  upscale,
} from "./index.js";

const picture: fc.Arbitrary<RgbImage> = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data) => ({ width, height, data })),
  );

describe("PNG", () => {
  it("brings back every picture, and writes the same bytes for the same picture", () => {
    fc.assert(
      fc.property(picture, (image) => {
        const bytes = encodePng(image);
        expect(encodePng({ ...image, data: image.data.slice() })).toEqual(bytes);
        const back = decodePng(bytes);
        expect([back.width, back.height]).toEqual([image.width, image.height]);
        expect(back.data).toEqual(image.data);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses broken files with a clear error, whatever is broken", () => {
    const whole = encodePng(renderScene(sampleExample(randomFrom(1)).scene));
    expect(() => decodePng(whole.slice(0, whole.length / 2))).toThrowError(ShapeworldError);
    expect(() => decodePng(new Uint8Array())).toThrowError(/not a readable PNG/);
    const huge = whole.slice();
    huge.set([0, 1, 0, 0, 0, 1, 0, 0], 16);
    expect(() => decodePng(huge)).toThrowError(/claims/);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const broken = whole.slice();
        broken[at] = value;
        try {
          decodePng(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeworldError);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("refuses pictures whose data does not match their size", () => {
    expect(() => encodePng({ width: 2, height: 2, data: new Uint8Array(5) })).toThrowError(
      /width \* height \* 3/,
    );
  });
});

describe("pictures for people", () => {
  it("enlarges by repeating pixels", () => {
    fc.assert(
      fc.property(picture, fc.integer({ min: 1, max: 4 }), (image, factor) => {
        const large = upscale(image, factor);
        for (let y = 0; y < large.height; y += 1) {
          for (let x = 0; x < large.width; x += 1) {
            const from = (Math.floor(y / factor) * image.width + Math.floor(x / factor)) * 3;
            const to = (y * large.width + x) * 3;
            expect(large.data.subarray(to, to + 3)).toEqual(image.data.subarray(from, from + 3));
          }
        }
      }),
      { numRuns: 20 },
    );
    expect(() => upscale(blankImage(2, 2), 0.5)).toThrowError(ShapeworldError);
  });

  it("outlines boxes on a copy and cuts them at the border", () => {
    const image = blankImage(10, 10);
    const black = [0, 0, 0] as const;
    const boxed = drawBoxes(image, [{ x1: 2, y1: 3, x2: 6, y2: 8 }], { colours: [black] });
    const dark = boxed.data.filter((value) => value === 0).length / 3;
    expect(dark).toBe(2 * 4 + 2 * 5 - 4);
    expect(image.data.every((value) => value === 255)).toBe(true);
    expect(drawBoxes(image, [{ x1: -5, y1: -5, x2: 50, y2: 50 }]).data).toEqual(image.data);
  });

  it("lays pictures side by side", () => {
    const sheet = contactSheet([blankImage(4, 4, [0, 0, 0]), blankImage(2, 4, [0, 0, 0])], 2, 1);
    expect([sheet.width, sheet.height]).toEqual([11, 6]);
    expect(sheet.data.filter((value) => value === 0).length / 3).toBe(16 + 8);
  });
});
