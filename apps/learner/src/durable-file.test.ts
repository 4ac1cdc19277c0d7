// Lines are appended whole or not at all, also after one that was cut off and on a disk without room.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendDurably, appendWhole } from "./durable-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-durable-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("lines follow each other, in a file that is made by the first", async () => {
  const path = join(folder, "lines");
  await appendDurably(path, "one\n");
  await appendWhole(path, "two\n");
  expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
});

test("a line that was cut off does not take the next one with it", async () => {
  const path = join(folder, "lines");
  await writeFile(path, "one\ntw");
  await appendDurably(path, "three\n");
  expect(await readFile(path, "utf8")).toBe("one\ntw\nthree\n");
});

test("a disk without room is an error of the append itself", async () => {
  await expect(appendWhole("/dev/full", "one\n")).rejects.toMatchObject({ code: "ENOSPC" });
});
