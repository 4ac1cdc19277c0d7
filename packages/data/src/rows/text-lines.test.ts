import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../collect.js";
import { readLines } from "./text-lines.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-lines-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function linesOf(content: string | Uint8Array, limitBytes?: number): Promise<readonly string[]> {
  const path = join(folder, "lines.txt");
  await writeFile(path, content);
  const lines = await collect(readLines(path, limitBytes === undefined ? {} : { limitBytes }));
  expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
  return lines.map(({ text }) => text);
}

test("what is joined by line feeds is read back as lines, however long and with whatever characters", async () => {
  const line = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replace(/[\r\n\uFEFF]/g, " "));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.constantFrom("\n", "\r\n"), async (lines, end) => {
      expect(await linesOf(lines.map((text) => text + end).join(""))).toEqual(lines);
    }),
    { numRuns: 30 },
  );
});

test("a line may be cut anywhere by the pieces in which a file is read", async () => {
  const long = "é".repeat(200_000);
  expect(await linesOf(`${long}\n${long}x\n${long}`)).toEqual([long, `${long}x`, long]);
});

test("a byte order mark before the file belongs to no line", async () => {
  expect(await linesOf("\uFEFFa cat\r\na dog")).toEqual(["a cat", "a dog"]);
});

test("an empty file has no lines", async () => {
  expect(await linesOf("")).toEqual([]);
});

test("a line beyond the limit is refused with its number before it is held", async () => {
  await expect(linesOf(`short\n${"x".repeat(2_000_000)}`, 1000)).rejects.toThrow(
    /lines\.txt:2: the line is longer than 1000 bytes/,
  );
});

test("a line that is not UTF-8 is refused with its number", async () => {
  const latin1 = Buffer.from("one\ntwo\ncaf\xe9\n", "latin1");
  await expect(linesOf(latin1)).rejects.toMatchObject({
    code: "EASEL_DATA_BAD_TEXT",
    message: expect.stringContaining("lines.txt:3: the line is not UTF-8"),
  });
});

test("a file that is not there, or a folder, is named", async () => {
  await expect(collect(readLines(join(folder, "none")))).rejects.toMatchObject({
    code: "EASEL_DATA_UNREADABLE",
    message: expect.stringContaining("none"),
  });
  await expect(collect(readLines(folder))).rejects.toMatchObject({ code: "EASEL_DATA_UNREADABLE" });
});
