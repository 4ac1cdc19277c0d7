// Blobs that nobody names go, after the grace and not before; what is named, and what is new, stays.
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlobStore, openDirectoryBlobStore } from "@easel/bus";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobSweep } from "./blob-sweep.js";

const GRACE_MS = 1_000;

let folder: string;
let store: BlobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-sweep-"));
  store = await openDirectoryBlobStore({ folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("an unnamed blob is removed when it was seen a grace ago, a named one never", async () => {
  const orphan = await store.put(Uint8Array.of(1));
  const named = await store.put(Uint8Array.of(2));
  const sweep = new BlobSweep({ store, named: () => new Set([named.digest]) }, GRACE_MS);
  expect(await sweep.pass(0)).toEqual({ blobs: 0, leftovers: 0 });
  expect(await sweep.pass(GRACE_MS - 1)).toEqual({ blobs: 0, leftovers: 0 });
  const late = await store.put(Uint8Array.of(3));
  expect(await sweep.pass(GRACE_MS)).toEqual({ blobs: 1, leftovers: 0 });
  expect(await store.has(orphan.digest)).toBe(false);
  expect(await store.has(named.digest)).toBe(true);
  expect(await store.has(late.digest)).toBe(true);
});

test("a blob that is named between two passes stays, and its grace begins anew when it is named no more", async () => {
  const { digest } = await store.put(Uint8Array.of(1));
  let named = new Set<string>();
  const sweep = new BlobSweep({ store, named: () => named }, GRACE_MS);
  await sweep.pass(0);
  named = new Set([digest]);
  expect((await sweep.pass(GRACE_MS)).blobs).toBe(0);
  named = new Set();
  expect((await sweep.pass(2 * GRACE_MS)).blobs).toBe(0);
  expect((await sweep.pass(3 * GRACE_MS)).blobs).toBe(1);
});

test("what a killed writer left is removed by the same rule; anything else in the folder is not touched", async () => {
  const { digest } = await store.put(Uint8Array.of(1));
  const place = join(folder, "sha256", digest.slice(0, 2));
  await mkdir(place, { recursive: true });
  await writeFile(join(place, `${digest}.0b7e.part`), "half");
  await writeFile(join(place, "note.txt"), "somebody's");
  const sweep = new BlobSweep({ store, named: () => new Set([digest]) }, GRACE_MS);
  expect((await sweep.pass(0)).leftovers).toBe(0);
  expect((await sweep.pass(GRACE_MS)).leftovers).toBe(1);
  expect((await readdir(place)).sort()).toEqual([digest, "note.txt"].sort());
});
