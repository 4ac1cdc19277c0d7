// Codes are kept, whole, for exactly the pictures, preparation and codec that they were made with.
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type CodeScope, openCodeCache } from "./code-cache.js";

const scope: CodeScope = {
  policy: "centre-crop",
  side: 64,
  revision: 1,
  codec: "c0dec",
  tokens: 4,
  codes: 128,
};
const digest = (letter: string): string => letter.repeat(64);
const codes = (...values: number[]): Uint16Array => Uint16Array.from(values);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-codes-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function filesOf(place: string): Promise<string[]> {
  return (await readdir(place)).filter((name) => name.endsWith(".codes")).map((name) => join(place, name));
}

it("brings codes back in a later process", async () => {
  const first = await openCodeCache(folder, scope);
  await first.put([
    [digest("a"), codes(1, 2, 3, 127)],
    [digest("b"), codes(4, 5, 6, 7)],
  ]);
  const second = await openCodeCache(folder, scope);
  expect(second.get(digest("a"))).toEqual(codes(1, 2, 3, 127));
  expect(second.get(digest("b"))).toEqual(codes(4, 5, 6, 7));
  expect(second.get(digest("c"))).toBeUndefined();
});

it("knows nothing of another codec, policy, size or preparation", async () => {
  const first = await openCodeCache(folder, scope);
  await first.put([[digest("a"), codes(1, 2, 3, 4)]]);
  for (const other of [{ codec: "other" }, { policy: "pad" }, { side: 128 }, { revision: 2 }]) {
    expect((await openCodeCache(folder, { ...scope, ...other })).get(digest("a"))).toBeUndefined();
  }
});

it("keeps what is whole of a file whose writing was interrupted, and goes on beside it", async () => {
  const first = await openCodeCache(folder, scope);
  await first.put([
    [digest("a"), codes(1, 2, 3, 4)],
    [digest("b"), codes(5, 6, 7, 8)],
  ]);
  const [file = ""] = await filesOf(first.folder);
  await truncate(file, (await readFile(file)).length - 3);
  const second = await openCodeCache(folder, scope);
  expect(second.get(digest("a"))).toEqual(codes(1, 2, 3, 4));
  expect(second.get(digest("b"))).toBeUndefined();
  await second.put([[digest("b"), codes(5, 6, 7, 8)]]);
  expect((await openCodeCache(folder, scope)).get(digest("b"))).toEqual(codes(5, 6, 7, 8));
});

it("passes over damaged records and counts them", async () => {
  const first = await openCodeCache(folder, scope);
  await first.put([
    [digest("a"), codes(1, 2, 3, 4)],
    [digest("b"), codes(5, 6, 7, 8)],
  ]);
  const [file = ""] = await filesOf(first.folder);
  const bytes = await readFile(file);
  bytes[33] = (bytes[33] ?? 0) ^ 1;
  await writeFile(file, bytes);
  await appendFile(file, "rest");
  const second = await openCodeCache(folder, scope);
  expect(second.damaged).toBe(1);
  expect(second.get(digest("a"))).toBeUndefined();
  expect(second.get(digest("b"))).toEqual(codes(5, 6, 7, 8));
});

it("reads more records than fit into one piece", async () => {
  const first = await openCodeCache(folder, scope);
  const name = (n: number): string => n.toString(16).padStart(64, "0");
  await first.put(Array.from({ length: 3000 }, (_, n) => [name(n), codes(n % 128, 0, 1, 2)] as const));
  const second = await openCodeCache(folder, scope);
  expect(second.get(name(2999))).toEqual(codes(2999 % 128, 0, 1, 2));
  expect(second.damaged).toBe(0);
});
