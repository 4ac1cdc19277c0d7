// The files and the rows in them are pyarrow's: fixtures/make-fixtures.py.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect } from "../collect.js";
import { DataError } from "../errors.js";
import { fieldValue, sizeValue, textValue } from "./field-value.js";
import { readParquet } from "./read-parquet.js";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
type Expected = {
  caption: string;
  got: string | null;
  img_path: string;
  meta: { width: number; height: number };
};

let folder: string;
let expected: readonly Expected[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-parquet-"));
  expected = JSON.parse(await readFile(fixture("rows.json"), "utf8"));
});
afterAll(() => rm(folder, { recursive: true }));

const columns = ["caption", "got", "img_path", "meta", "not there"];

describe.each(["snappy", "gzip", "brotli", "plain"])("a file written with %s", (name) => {
  test("gives the rows that pyarrow wrote, in their order", async () => {
    const rows = await collect(readParquet(fixture(`${name}.parquet`), columns));
    const plain = rows.map((row) => ({
      caption: textValue(fieldValue(row, "caption")),
      got: textValue(fieldValue(row, "got")),
      img_path: textValue(fieldValue(row, "img_path")),
      meta: {
        width: sizeValue(fieldValue(row, "meta.width")),
        height: sizeValue(fieldValue(row, "meta.height")),
      },
    }));
    expect(plain).toEqual(
      expected.map(({ caption, got, img_path, meta }) => ({ caption, got, img_path, meta })),
    );
  });
});

test("a compression that is not read is named", async () => {
  await expect(collect(readParquet(fixture("zstd.parquet"), columns))).rejects.toMatchObject({
    code: "EASEL_DATA_BAD_PARQUET",
    message: expect.stringMatching(/ZSTD.*snappy, gzip or brotli/),
  });
});

test("a file without any of the columns says which it has", async () => {
  await expect(collect(readParquet(fixture("plain.parquet"), ["prompt", "width"]))).rejects.toThrow(
    /none of the columns prompt, width; it has caption, got, img_path, meta, tags, same\./,
  );
});

test("what is no parquet file is refused by name", async () => {
  for (const content of [
    "",
    "PAR1",
    "a cat\n",
    "PAR1\0\0\0\0PAR1",
    `${"x".repeat(100)}\xff\xff\xff\x7fPAR1`,
  ]) {
    const path = join(folder, "broken.parquet");
    await writeFile(path, content, "latin1");
    await expect(collect(readParquet(path, columns))).rejects.toMatchObject({
      code: "EASEL_DATA_BAD_PARQUET",
      message: expect.stringContaining("broken.parquet"),
    });
  }
});

test("a file that would keep its reader busy for ever is given up", { timeout: 120_000 }, async () => {
  const bytes = Buffer.from(await readFile(fixture("gzip.parquet")));
  // Found by changing bytes at random; it stands in the page of the column "same".
  expect(bytes[1216]).toBe(0x04);
  bytes[1216] = 0xd1;
  const path = join(folder, "endless.parquet");
  await writeFile(path, bytes);
  await expect(collect(readParquet(path, ["same"], { timeMs: 5000 }))).rejects.toMatchObject({
    code: "EASEL_DATA_BAD_PARQUET",
    message: expect.stringMatching(/endless\.parquet .*takes more than 5 s/),
  });
});

test("a file with some bytes changed or its end cut gives rows or an error that names it", {
  timeout: 180_000,
}, async () => {
  const originals = await Promise.all(
    ["snappy", "gzip", "plain"].map((name) => readFile(fixture(`${name}.parquet`))),
  );
  const change = fc.record({
    original: fc.nat({ max: originals.length - 1 }),
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), {
      maxLength: 4,
    }),
    kept: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ original, changes, kept }) => {
      const bytes = Buffer.from(originals[original] ?? []);
      for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
      const path = join(folder, "changed.parquet");
      await writeFile(path, bytes.subarray(0, Math.ceil(kept * bytes.length)));
      try {
        for await (const row of readParquet(path, columns, { timeMs: 2000 }))
          expect(row).toBeTypeOf("object");
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
    { numRuns: 30 },
  );
});
