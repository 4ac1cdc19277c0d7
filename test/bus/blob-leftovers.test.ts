// A writer of blobs that is killed half-way leaves pieces and no blob: they are told from what is whole, and can be removed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlobStore, type Bus, openDirectoryBlobStore, openNatsBlobStore } from "@easel/bus";
import { eventually, spawnProcess } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

/** Kills a writer at a moment when it has begun a blob and not finished it. Returns what it left. */
async function killedWriter(store: BlobStore, args: readonly string[]): Promise<readonly string[]> {
  for (;;) {
    const writer = spawnProcess({
      command: process.execPath,
      args: [new URL("./blob-writer.mjs", import.meta.url).pathname, ...args],
    });
    await eventually("it writes", async () => (await store.leftovers()).length > 0, 40_000);
    await writer.kill();
    const left = await store.leftovers();
    // It may have finished that blob before the kill, and not have begun the next.
    if (left.length > 0) return left;
  }
}

async function expectSwept(store: BlobStore, left: readonly string[]): Promise<void> {
  const whole: string[] = [];
  for await (const { digest } of store.list()) whole.push(digest);
  for (const name of left) await store.removeLeftover(name);
  expect(await store.leftovers()).toEqual([]);
  // What is whole is whole still, and nothing else is listed.
  for (const digest of whole) await store.get(digest);
  await store.put(Uint8Array.of(1, 2, 3));
  expect(await store.leftovers()).toEqual([]);
  expect((await store.usage()).blobs).toBe(whole.length + 1);
}

test("in a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "easel-blobs-"));
  try {
    const store = await openDirectoryBlobStore({ folder });
    const left = await killedWriter(store, ["directory", folder]);
    await store.removeLeftover("../../etc/passwd");
    expect(await store.leftovers()).toEqual(left);
    await expectSwept(store, left);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("in a JetStream object store, where the pieces would else hold room for ever", async () => {
  const store = await openNatsBlobStore(bus, { bucket: "leftovers" });
  const left = await killedWriter(store, ["nats", under.server.url, "leftovers"]);
  const held = (await bus.jsm.streams.info("OBJ_leftovers")).state.bytes;
  await expectSwept(store, left);
  expect((await bus.jsm.streams.info("OBJ_leftovers")).state.bytes).toBeLessThan(held);
});
