// The pictures are Pillow's: fixtures/make-fixtures.py.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pictureSize } from "./picture-size.js";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-size-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("sizes are those that Pillow wrote, as stored", async () => {
  const sizes = JSON.parse(await readFile(fixture("sizes.json"), "utf8")) as Record<string, [number, number]>;
  const read = Object.keys(sizes).filter((name) => !name.endsWith(".gif"));
  expect(read).toHaveLength(7);
  for (const name of read) {
    const [width, height] = sizes[name] ?? [0, 0];
    expect(await pictureSize(fixture(name)), name).toEqual({ size: { width, height } });
  }
});

test("what is not there, no file or another format is told apart", async () => {
  expect(await pictureSize(join(folder, "none.png"))).toEqual({ reason: "image-no-such-file" });
  expect(await pictureSize(folder)).toEqual({ reason: "image-no-such-file" });
  expect(await pictureSize(fixture("other.gif"))).toEqual({ reason: "image-not-png-jpeg-webp" });
  const empty = join(folder, "empty.jpg");
  await writeFile(empty, "");
  expect(await pictureSize(empty)).toEqual({ reason: "image-not-png-jpeg-webp" });
});

test("a header that is cut or changed gives a size or a reason, and never an error", async () => {
  const originals = await Promise.all(
    ["rgb.png", "with-exif.jpg", "lossy.webp", "extended.webp"].map((name) => readFile(fixture(name))),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: originals.length - 1 }),
      fc.nat({ max: 700 }),
      fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 3 }),
      async (original, length, changes) => {
        const bytes = Buffer.from(originals[original] ?? []).subarray(0, length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const path = join(folder, "changed");
        await writeFile(path, bytes);
        const outcome = await pictureSize(path);
        if ("size" in outcome) {
          expect(outcome.size.width).toBeGreaterThan(0);
          expect(outcome.size.height).toBeGreaterThan(0);
        } else {
          expect(outcome.reason).toMatch(/^image-/);
        }
      },
    ),
    { numRuns: 60 },
  );
});
