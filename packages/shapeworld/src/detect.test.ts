import { iou } from "@easel/chain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blankImage,
  COLOURS,
  type Detection,
  detect,
  drawObject,
  type Random,
  type RgbImage,
  randomFrom,
  renderScene,
  type Scene,
  type SceneObject,
  SECOND_STAGE_NOISE,
  SHAPES,
  sampleExample,
  TEXTURES,
} from "./index.js";

type Tally = { objects: number; found: number; right: number; iou: number; extra: number };

function compare(scene: Scene, detections: readonly Detection[], tally: Tally): void {
  tally.extra += Math.max(0, detections.length - scene.objects.length);
  for (const object of scene.objects) {
    tally.objects += 1;
    const best = detections.toSorted((a, b) => iou(b.box, object.box) - iou(a.box, object.box))[0];
    if (best === undefined || iou(best.box, object.box) < 0.5) continue;
    tally.found += 1;
    tally.iou += iou(best.box, object.box);
    if (best.shape === object.shape && best.colour === object.colour && best.texture === object.texture) {
      tally.right += 1;
    }
  }
}

function measure(
  runs: number,
  seed: string,
  make: (random: Random) => { scene: Scene; image: RgbImage },
): Tally {
  const random = randomFrom(seed);
  const tally: Tally = { objects: 0, found: 0, right: 0, iou: 0, extra: 0 };
  for (let run = 0; run < runs; run += 1) {
    const { scene, image } = make(random);
    compare(scene, detect(image), tally);
  }
  return tally;
}

function anyOf<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)]!;
}

function anyObject(random: Random, x: number, y: number, side: number): SceneObject {
  return {
    shape: anyOf(random, SHAPES),
    colour: anyOf(random, COLOURS),
    texture: anyOf(random, TEXTURES),
    box: { x1: x, y1: y, x2: x + side, y2: y + side },
  };
}

describe("detect on clean renders", () => {
  it("finds all objects of 2,000 scenes with their exact boxes and attributes", () => {
    const tally = measure(2000, "clean", (random) => {
      const { scene } = sampleExample(random, SECOND_STAGE_NOISE, { maxObjects: 4 });
      return { scene, image: renderScene(scene) };
    });
    expect(tally.objects).toBeGreaterThan(4000);
    expect(tally.found / tally.objects).toBeGreaterThanOrEqual(0.99);
    expect(tally.iou / tally.found).toBeGreaterThanOrEqual(0.99);
    expect(tally.right / tally.objects).toBeGreaterThanOrEqual(0.99);
    expect(tally.extra).toBe(0);
  });

  it("takes about a millisecond at most", () => {
    const random = randomFrom("speed");
    const images = Array.from({ length: 200 }, () => renderScene(sampleExample(random).scene));
    const started = performance.now();
    for (const image of images) detect(image);
    // Measured 0.13 ms a picture; the bound leaves room for a busy machine.
    expect((performance.now() - started) / images.length).toBeLessThan(5);
  });
});

describe("detect on disturbed pictures", () => {
  it("keeps its recall under noise of +-30 on every channel", () => {
    const tally = measure(500, "noise", (random) => {
      const { scene } = sampleExample(random);
      const image = renderScene(scene);
      for (const [at, value] of image.data.entries()) {
        image.data[at] = Math.min(255, Math.max(0, value + (random.next() - 0.5) * 60));
      }
      return { scene, image };
    });
    expect(tally.found / tally.objects).toBeGreaterThanOrEqual(0.99);
    expect(tally.iou / tally.found).toBeGreaterThanOrEqual(0.9);
    expect(tally.right / tally.objects).toBeGreaterThanOrEqual(0.99);
  });

  it("tells touching objects apart, by colour or by form", () => {
    const tally = measure(500, "touching", (random) => {
      const first = anyObject(random, 8, 8, anyOf(random, [16, 24]));
      const along = 8 + 8 * Math.floor(random.next() * 2);
      const side = anyOf(random, [16, 24]);
      const second = anyObject(random, first.box.x2, along, side);
      const scene = { objects: [first, second] };
      return { scene, image: renderScene(scene) };
    });
    expect(tally.found / tally.objects).toBeGreaterThanOrEqual(0.97);
    expect(tally.right / tally.objects).toBeGreaterThanOrEqual(0.95);
  });

  it("still finds most objects of which a part is hidden by another colour", () => {
    const tally = measure(500, "overlap", (random) => {
      const first = { ...anyObject(random, 8, 8, 24), colour: "red" as const };
      const second = { ...anyObject(random, 24, 24, anyOf(random, [16, 24])), colour: "blue" as const };
      const scene = { objects: [first, second] };
      return { scene, image: renderScene(scene) };
    });
    expect(tally.found / tally.objects).toBeGreaterThanOrEqual(0.9);
    expect(tally.extra).toBe(0);
  });

  it("ignores specks and thin lines", () => {
    const image = blankImage(64, 64);
    for (let x = 0; x < 64; x += 1) image.data.set([220, 40, 40], (30 * 64 + x) * 3);
    drawObject(image, {
      shape: "square",
      colour: "blue",
      texture: "solid",
      box: { x1: 4, y1: 4, x2: 9, y2: 9 },
    });
    expect(detect(image)).toEqual([]);
    expect(detect(blankImage(64, 64))).toEqual([]);
  });
});

describe("detect on anything", () => {
  it("never throws, and its boxes lie inside the picture", () => {
    const size = fc.integer({ min: 1, max: 40 });
    const picture = fc
      .tuple(size, size)
      .chain(([width, height]) =>
        fc
          .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
          .map((data): RgbImage => ({ width, height, data })),
      );
    fc.assert(
      fc.property(picture, (image) => {
        for (const { box, fit } of detect(image)) {
          expect(box.x1).toBeGreaterThanOrEqual(0);
          expect(box.y1).toBeGreaterThanOrEqual(0);
          expect(box.x2).toBeLessThanOrEqual(image.width);
          expect(box.y2).toBeLessThanOrEqual(image.height);
          expect(fit).toBeGreaterThanOrEqual(0);
          expect(fit).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("gives an empty list for data that does not match the size", () => {
    const side = fc.oneof(fc.integer({ min: -5, max: 20 }), fc.double());
    fc.assert(
      fc.property(side, side, fc.uint8Array({ maxLength: 20 }), (width, height, data) => {
        expect(detect({ width, height, data })).toEqual([]);
      }),
    );
  });

  it("survives crowds of overlapping objects", () => {
    const random = randomFrom("crowd");
    for (let run = 0; run < 50; run += 1) {
      const image = blankImage(64, 64);
      for (let k = 0; k < 12; k += 1) {
        drawObject(
          image,
          anyObject(random, Math.floor(random.next() * 64) - 8, Math.floor(random.next() * 64) - 8, 24),
        );
      }
      expect(detect(image).length).toBeLessThanOrEqual(24);
    }
  });
});
