// A line that was cut off does not take the next one with it, and a log that cannot be written does not end its process.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "./logger.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-log-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a log goes on after a line that was cut off", async () => {
  const file = join(folder, "one.jsonl");
  await writeFile(file, '{"msg":"whole"}\n{"msg":"cut o');
  createLogger({ name: "one", file }).info({}, "after");
  createLogger({ name: "one", file }).info({}, "and after");
  const lines = (await readFile(file, "utf8")).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines.slice(2, 4).map((line) => JSON.parse(line).msg)).toEqual(["after", "and after"]);
});

test("a log on a full device is told of once, and the program goes on", () => {
  const told: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0);
  try {
    const log = createLogger({ name: "one", file: "/dev/full" });
    for (let i = 0; i < 3; i += 1) log.info({}, "lost");
  } finally {
    spy.mockRestore();
  }
  expect(told).toEqual([expect.stringMatching(/The log \/dev\/full cannot be written: ENOSPC/)]);
});
