// What every blob store must do. Run by blob-store.test.ts over each implementation.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlobStore } from "@easel/bus";
import { sha256Hex } from "@easel/protocol";
import { expect, test } from "vitest";

export type BlobStoreUnderTest = {
  /** An empty store, with a quota if given. */
  open(quotaBytes?: number): Promise<BlobStore>;
  /** Changes stored bytes behind the store's back. */
  corrupt(store: BlobStore, digest: string): Promise<void>;
};

const picture = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 31) % 251);
/** More than one piece of any store, and no multiple of a piece. */
const large = Uint8Array.from({ length: 3_000_001 }, (_, i) => (i * 7) % 253);

export function blobStoreCases(under: BlobStoreUnderTest): void {
  test("what is put is got back by its digest", async () => {
    const store = await under.open();
    const blob = await store.put(picture);
    expect(blob).toEqual({ digest: sha256Hex(picture), sizeBytes: picture.byteLength });
    expect(await store.get(blob.digest)).toEqual(picture);
    expect(await store.has(blob.digest)).toBe(true);
  });

  test("putting the same bytes again keeps one copy", async () => {
    const store = await under.open();
    await Promise.all([store.put(picture), store.put(picture)]);
    await store.put(picture);
    expect(await store.usage()).toMatchObject({ blobs: 1, sizeBytes: picture.byteLength });
  });

  test("a large file goes in and out through files", async () => {
    const store = await under.open();
    const folder = await mkdtemp(join(tmpdir(), "easel-blob-"));
    try {
      await writeFile(join(folder, "in"), large);
      const blob = await store.putFile(join(folder, "in"));
      expect(blob.digest).toBe(sha256Hex(large));
      expect(await store.getFile(blob.digest, join(folder, "out"))).toEqual(blob);
      expect(sha256Hex(await readFile(join(folder, "out")))).toBe(blob.digest);
      expect(sha256Hex(await store.get(blob.digest))).toBe(blob.digest);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a blob that is not there is named in the error", async () => {
    const store = await under.open();
    const digest = sha256Hex("nothing");
    expect(await store.has(digest)).toBe(false);
    await expect(store.get(digest)).rejects.toMatchObject({
      code: "EASEL_BUS_BLOB_MISSING",
      message: expect.stringContaining(digest),
    });
    expect(await store.delete(digest)).toBe(false);
  });

  test("a name that is no digest never reaches the storage", async () => {
    const store = await under.open();
    await expect(store.get("../../secret")).rejects.toMatchObject({ code: "EASEL_BUS_BLOB_MISSING" });
  });

  test("changed bytes are found out, and no file appears from them", async () => {
    const store = await under.open();
    const { digest } = await store.put(large);
    await under.corrupt(store, digest);
    await expect(store.get(digest)).rejects.toMatchObject({
      code: "EASEL_BUS_BLOB_CORRUPT",
      retryable: false,
    });
    const folder = await mkdtemp(join(tmpdir(), "easel-blob-"));
    try {
      const reading = store.getFile(digest, join(folder, "out"));
      await expect(reading).rejects.toMatchObject({ code: "EASEL_BUS_BLOB_CORRUPT" });
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a deleted blob is gone and may come again", async () => {
    const store = await under.open();
    const { digest } = await store.put(picture);
    expect(await store.delete(digest)).toBe(true);
    expect(await store.has(digest)).toBe(false);
    await expect(store.get(digest)).rejects.toMatchObject({ code: "EASEL_BUS_BLOB_MISSING" });
    await store.put(picture);
    expect(await store.get(digest)).toEqual(picture);
  });

  test("the list names every blob and nothing else", async () => {
    const store = await under.open();
    const kept = [await store.put(picture), await store.put(Uint8Array.of(1))];
    await store.delete((await store.put(Uint8Array.of(2))).digest);
    const listed: unknown[] = [];
    for await (const blob of store.list()) listed.push(blob);
    expect(listed).toHaveLength(2);
    expect(listed).toEqual(expect.arrayContaining(kept));
  });

  test("over its quota a store refuses, and has room again after a delete", async () => {
    const store = await under.open(20_000);
    const first = await store.put(Uint8Array.from({ length: 12_000 }, () => 1));
    const second = Uint8Array.from({ length: 12_000 }, () => 2);
    await expect(store.put(second)).rejects.toMatchObject({ code: "EASEL_BUS_BLOB_QUOTA", retryable: true });
    expect(await store.has(first.digest)).toBe(true);
    await store.delete(first.digest);
    expect((await store.put(second)).sizeBytes).toBe(12_000);
  });
}
