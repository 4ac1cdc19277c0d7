import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatObject } from "@easel/chain";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { collect } from "../collect.js";
import { readRlPrompts, readSupervisedExamples } from "./record-lines.js";
import type { RlPrompt } from "./rl-prompt.js";
import { isInnerPath, type SupervisedExample } from "./supervised-example.js";
import { writeRlPrompts, writeSupervisedExamples } from "./write-records.js";

let folder: string;
let path: string;
let cases = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-records-"));
});
beforeEach(() => {
  cases += 1;
  path = join(folder, `${cases}`, "records.jsonl");
});
afterAll(() => rm(folder, { recursive: true }));

const example: SupervisedExample = {
  id: "made/1",
  prompt: "a cup on a table",
  chain: `A ${formatObject("cup", { x1: 10, y1: 20, x2: 300, y2: 400 })} on a table.`,
  image: "pictures/1.png",
  width: 640,
  height: 480,
  source: "made",
};

const words = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() !== "");
const anExample: fc.Arbitrary<SupervisedExample> = fc.record({
  id: words,
  prompt: words,
  chain: fc.constantFrom(example.chain, `${example.chain} Ø "quoted"\n`),
  image: fc.constantFrom("a.png", "deep/er/ü b.jpg"),
  width: fc.integer({ min: 1, max: 20_000 }),
  height: fc.integer({ min: 1, max: 20_000 }),
  source: words,
});
const aPrompt: fc.Arbitrary<RlPrompt> = fc.record(
  { id: words, prompt: words, source: words, skill: words },
  { requiredKeys: ["id", "prompt", "source"] },
);

test("what is written is read back, and equal records are equal bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anExample), fc.array(aPrompt), async (examples, prompts) => {
      await writeSupervisedExamples(path, examples);
      expect(await collect(readSupervisedExamples(path))).toEqual(examples);
      const first = await writeRlPrompts(path, prompts);
      expect(await collect(readRlPrompts(path))).toEqual(prompts);
      const turned = prompts.map(
        (prompt) => Object.fromEntries(Object.entries(prompt).reverse()) as RlPrompt,
      );
      expect(await writeRlPrompts(path, turned)).toEqual(first);
    }),
    { numRuns: 20 },
  );
});

test("a record that cannot be read back is not written, and nothing is left of the file", async () => {
  await writeSupervisedExamples(path, [example]);
  const before = await readFile(path, "utf8");
  await expect(writeSupervisedExamples(path, [example, { ...example, width: 0 }])).rejects.toThrow(
    /records\.jsonl:2: the record cannot be written; field width/,
  );
  expect(await readFile(path, "utf8")).toBe(before);
  expect(await readdir(join(path, ".."))).toEqual(["records.jsonl"]);
});

describe("a bad line is refused with file, line number and field", () => {
  test.each<[string, unknown, RegExp]>([
    ["no prompt", { ...example, prompt: undefined }, /:3: field prompt: /],
    ["a prompt of spaces", { ...example, prompt: "  " }, /:3: field prompt: must hold words/],
    ["a number as id", { ...example, id: 7 }, /:3: field id: /],
    [
      "a broken chain",
      { ...example, chain: "a cup" },
      /:3: field chain: is no chain to train on \(no-object\)/,
    ],
    ["a picture outside", { ...example, image: "../x.png" }, /:3: field image: must be a path/],
    ["half a pixel", { ...example, height: 1.5 }, /:3: field height: /],
    ["a mistyped field", { ...example, promt: "x" }, /:3: unknown field promt/],
    ["no object", [1], /:3: the line: /],
    ["two mistakes", { ...example, id: "", width: "x" }, /:3: field id: .*; field width: /],
  ])("%s", async (_name, record, message) => {
    await writeSupervisedExamples(path, [example]);
    await writeFile(path, `${JSON.stringify(example)}\n\n${JSON.stringify(record)}\n`);
    await expect(collect(readSupervisedExamples(path))).rejects.toMatchObject({
      code: "EASEL_DATA_BAD_RECORD",
      message: expect.stringMatching(message),
    });
  });

  test("a last line that is cut off", async () => {
    await writeSupervisedExamples(path, [example, example]);
    await writeFile(path, (await readFile(path, "utf8")).slice(0, -20));
    await expect(collect(readSupervisedExamples(path))).rejects.toThrow(/:2: the line is not JSON .*cut off/);
  });
});

test("a picture's path stays inside on every system", () => {
  for (const inner of ["a.png", "a/b c/ü.jpg", "./a.png", "..a/b.png"])
    expect(isInnerPath(inner), inner).toBe(true);
  for (const outer of ["", "/a", "../a", "a/../b", "a//b", "a\\b", "C:/a", "a/", "a\0b"]) {
    expect(isInnerPath(outer), outer).toBe(false);
  }
});
