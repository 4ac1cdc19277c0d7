import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../collect.js";
import { DataError } from "../errors.js";
import { readJsonArray } from "./json-array.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-array-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function elementsOf(content: string | Uint8Array, limitBytes?: number): Promise<readonly unknown[]> {
  const path = join(folder, "array.json");
  await writeFile(path, content);
  return await collect(readJsonArray(path, limitBytes === undefined ? {} : { limitBytes }));
}

test("any array is read as JSON.parse reads it, with any white space", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue({ stringUnit: "binary" }), { maxLength: 8 }),
      fc.constantFrom(undefined, 1, "\t"),
      async (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(await elementsOf(text)).toEqual(JSON.parse(text));
      },
    ),
    { numRuns: 40 },
  );
});

test("an array larger than the pieces in which a file is read", async () => {
  const value = Array.from({ length: 3000 }, (_, index) => ({ index, text: `["\\ ${"é".repeat(200)}` }));
  expect(await elementsOf(`\uFEFF ${JSON.stringify(value)}\n`)).toEqual(value);
});

test("an array that is cut off anywhere is an error, never a shorter array", async () => {
  const text = JSON.stringify([{ a: "x]" }, { b: [1, { c: "\\" }] }, "end"]);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: text.length - 1 }), async (length) => {
      await expect(elementsOf(text.slice(0, length))).rejects.toBeInstanceOf(DataError);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ["", /it is empty/],
  ["  \n", /it is empty/],
  ['{"data": []}', /does not begin with \[/],
  ['{"a": 1}\n{"a": 2}\n', /\.jsonl/],
  ["[1, 2] x", /after the end/],
  ["[1,]", /element 2 is not JSON/],
  ["[,1]", /element 1 is not JSON/],
  ["[1}", /cut off in element 1/],
  ['[{"a" 1}]', /element 1 is not JSON/],
  ['[1, {"a": nan}]', /element 2 is not JSON/],
])("%j is refused with the reason", async (text, reason) => {
  await expect(elementsOf(text)).rejects.toMatchObject({
    code: "EASEL_DATA_BAD_JSON",
    message: expect.stringMatching(reason),
  });
});

test("an element that is too large or not UTF-8 is refused with its number", async () => {
  await expect(elementsOf(`[1, "${"x".repeat(5000)}"]`, 1000)).rejects.toThrow(
    /element 2 is longer than 1000 bytes/,
  );
  await expect(elementsOf(Buffer.from('["caf\xe9"]', "latin1"))).rejects.toThrow(/element 1 is not UTF-8/);
});
