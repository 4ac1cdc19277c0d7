// Picture files: the three formats give the same pixels where boxes say they are, and what cannot be used is named.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Box } from "@easel/chain";
import type { RgbImage } from "@easel/shapeworld";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preparePicture, readPictureFile, sameProportions } from "./picture-file.js";
import { picturePolicies, placeBox } from "./picture-placement.js";

const limits = { maxPixels: 4_000_000, maxBytes: 1_000_000 };
const side = 64;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-pictures-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A grey picture with a red rectangle where the box is. */
function withObject(width: number, height: number, box: Box): ReturnType<typeof sharp> {
  const data = Buffer.alloc(width * height * 3, 128);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = { x: ((x + 0.5) / width) * 1000, y: ((y + 0.5) / height) * 1000 };
      if (at.x < box.x1 || at.x > box.x2 || at.y < box.y1 || at.y > box.y2) continue;
      data.set([255, 0, 0], (y * width + x) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Pixels that are mostly red, as thousandths of the sides. */
function redPoints({ width, height, data }: RgbImage): { x: number; y: number }[] {
  return Array.from({ length: width * height }, (_, at) => at).flatMap((at) =>
    (data[at * 3] ?? 0) > 230 && (data[at * 3 + 1] ?? 0) < 60
      ? [{ x: (((at % width) + 0.5) / width) * 1000, y: ((Math.floor(at / width) + 0.5) / height) * 1000 }]
      : [],
  );
}

async function prepared(bytes: Uint8Array, policy: (typeof picturePolicies)[number]) {
  const picture = await preparePicture(bytes, policy, side, limits);
  if ("fault" in picture) throw new Error(`${picture.fault}: ${picture.detail}`);
  return picture;
}

describe("preparePicture", () => {
  it("puts the pixels of an object into its box, by every policy", async () => {
    const length = fc.integer({ min: 40, max: 160 });
    const from = fc.integer({ min: 0, max: 500 });
    const span = fc.integer({ min: 300, max: 499 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...picturePolicies),
        length,
        length,
        fc.tuple(from, from, span, span),
        async (policy, width, height, [x, y, dx, dy]) => {
          const box: Box = { x1: x, y1: y, x2: x + dx, y2: y + dy };
          const bytes = await withObject(width, height, box).png().toBuffer();
          const { image, placement } = await prepared(bytes, policy);
          const moved = placeBox(placement, box, 0);
          const red = redPoints(image);
          if (moved === null) {
            expect(red.length).toBeLessThan(side);
            return;
          }
          if (moved.x2 - moved.x1 > 100 && moved.y2 - moved.y1 > 100) expect(red.length).toBeGreaterThan(0);
          // Half a pixel of the picture and half a pixel of the square: colours blend over that much at an edge.
          const slack = 1000 / side + 1000 / Math.min(width, height);
          for (const point of red) {
            expect(point.x).toBeGreaterThanOrEqual(moved.x1 - slack);
            expect(point.x).toBeLessThanOrEqual(moved.x2 + slack);
            expect(point.y).toBeGreaterThanOrEqual(moved.y1 - slack);
            expect(point.y).toBeLessThanOrEqual(moved.y2 + slack);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("reads PNG, JPEG and WebP alike", async () => {
    const box: Box = { x1: 200, y1: 300, x2: 600, y2: 800 };
    const files = [
      await withObject(128, 96, box).png().toBuffer(),
      await withObject(128, 96, box).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer(),
      await withObject(128, 96, box).webp({ lossless: true }).toBuffer(),
    ];
    const [png, ...others] = await Promise.all(files.map((bytes) => prepared(bytes, "square-resize")));
    for (const { image } of others) {
      const differences = image.data.map((level, at) => Math.abs(level - (png?.image.data[at] ?? 0)));
      expect(Math.max(...differences)).toBeLessThan(40);
      expect(differences.reduce((sum, one) => sum + one, 0) / differences.length).toBeLessThan(2);
    }
  });

  it("lays transparency over white and makes grey and 16-bit pictures RGB", async () => {
    const clear = {
      width: 40,
      height: 40,
      channels: 4,
      background: { r: 255, g: 0, b: 0, alpha: 0 },
    } as const;
    const glass = await prepared(await sharp({ create: clear }).png().toBuffer(), "centre-crop");
    expect(new Set(glass.image.data)).toEqual(new Set([255]));
    const grey = sharp(Buffer.alloc(900, 77), { raw: { width: 30, height: 30, channels: 1 } });
    const flat = await prepared(await grey.clone().toColourspace("b-w").png().toBuffer(), "pad");
    expect(new Set(flat.image.data)).toEqual(new Set([77]));
    const deep = await prepared(await grey.clone().toColourspace("rgb16").png().toBuffer(), "pad");
    expect(deep.image.data.length).toBe(side * side * 3);
    expect(Math.max(...deep.image.data.map((level) => Math.abs(level - 77)))).toBeLessThanOrEqual(1);
  });

  it("keeps a picture as it is stored, whatever turn its EXIF asks for", async () => {
    const box: Box = { x1: 0, y1: 0, x2: 400, y2: 400 };
    const turned = await withObject(120, 60, box).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const { placement } = await prepared(turned, "square-resize");
    expect(placement.source).toEqual({ width: 120, height: 60 });
  });

  it("names what it cannot use", async () => {
    const whole = await withObject(90, 90, { x1: 0, y1: 0, x2: 500, y2: 500 }).png().toBuffer();
    const faultOf = async (bytes: Uint8Array): Promise<string | undefined> => {
      const picture = await preparePicture(bytes, "pad", side, limits);
      return "fault" in picture ? picture.fault : undefined;
    };
    const huge = Buffer.from(whole);
    huge.writeUInt32BE(60_000, 16);
    huge.writeUInt32BE(60_000, 20);
    const zero = Buffer.from(whole);
    zero.writeUInt32BE(0, 16);
    expect(await faultOf(whole)).toBeUndefined();
    expect(await faultOf(whole.subarray(0, whole.length / 2))).toBe("unreadable-picture");
    expect(await faultOf(Buffer.from("<svg width='9' height='9'/>"))).toBe("not-png-jpeg-webp");
    expect(["too-many-pixels", "unreadable-picture"]).toContain(await faultOf(huge));
    expect(await faultOf(zero)).toBe("unreadable-picture");
    expect(await preparePicture(whole, "pad", side, { ...limits, maxPixels: 8000 })).toMatchObject({
      fault: "too-many-pixels",
    });
  });

  it("never throws, whatever the bytes", async () => {
    const whole = await withObject(30, 20, { x1: 0, y1: 0, x2: 500, y2: 500 }).webp().toBuffer();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.nat(whole.length),
        async (at, value, end) => {
          const bytes = Uint8Array.from(whole).subarray(0, end);
          if (at < end) bytes[at] = value;
          const picture = await preparePicture(bytes, "centre-crop", 8, limits);
          expect("fault" in picture || picture.image.data.length === 192).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("readPictureFile", () => {
  it("names files that are absent, empty or too large", async () => {
    const path = join(folder, "x.png");
    expect(await readPictureFile(path, limits)).toMatchObject({ fault: "no-such-file" });
    expect(await readPictureFile(folder, limits)).toMatchObject({ fault: "no-such-file" });
    await writeFile(path, "");
    expect(await readPictureFile(path, limits)).toMatchObject({ fault: "empty-file" });
    await writeFile(path, "12345");
    expect(await readPictureFile(path, { ...limits, maxBytes: 4 })).toMatchObject({
      fault: "file-too-large",
    });
    expect(await readPictureFile(path, limits)).toEqual(Buffer.from("12345"));
  });
});

it("takes a scaled copy for the same picture, and a turned or cropped one for another", () => {
  expect(sameProportions({ width: 512, height: 341 }, { width: 1024, height: 683 })).toBe(true);
  expect(sameProportions({ width: 341, height: 512 }, { width: 1024, height: 683 })).toBe(false);
  expect(sameProportions({ width: 512, height: 512 }, { width: 1024, height: 683 })).toBe(false);
});
