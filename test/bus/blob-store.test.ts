// The one list of cases over both blob stores.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bus, openDirectoryBlobStore, openNatsBlobStore } from "@easel/bus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blobStoreCases } from "./blob-store.cases.js";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

describe("a folder", () => {
  let root: string;
  const folders = new Map<unknown, string>();
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "easel-blobs-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  blobStoreCases({
    open: async (quotaBytes) => {
      const folder = await mkdtemp(join(root, "store-"));
      const store = await openDirectoryBlobStore({
        folder,
        ...(quotaBytes === undefined ? {} : { quotaBytes }),
      });
      folders.set(store, folder);
      return store;
    },
    corrupt: async (store, digest) => {
      await writeFile(join(folders.get(store) ?? "", "sha256", digest.slice(0, 2), digest), "something else");
    },
  });
});

describe("a JetStream object store", () => {
  let under: BusUnderTest;
  let bus: Bus;
  let buckets = 0;
  const names = new Map<unknown, string>();
  beforeAll(async () => {
    under = await startBus();
    bus = await under.connect();
  });
  afterAll(() => under.dispose());

  blobStoreCases({
    open: async (quotaBytes) => {
      buckets += 1;
      const bucket = `bucket-${buckets}`;
      const store = await openNatsBlobStore(bus, {
        bucket,
        ...(quotaBytes === undefined ? {} : { quotaBytes }),
      });
      names.set(store, bucket);
      return store;
    },
    corrupt: async (store, digest) => {
      // One more piece for the object: its record now describes other bytes than there are.
      const bucket = names.get(store) ?? "";
      const stream = `OBJ_${bucket}`;
      const name = Buffer.from(digest).toString("base64url").padEnd(88, "=");
      const meta = await bus.jsm.streams.getMessage(stream, { last_by_subj: `$O.${bucket}.M.${name}` });
      const { nuid } = JSON.parse(new TextDecoder().decode(meta?.data)) as { readonly nuid: string };
      const chunk = `$O.${bucket}.C.${nuid}`;
      // The server knows this request; the client's type lists it for direct reads only.
      const firstOf = { next_by_subj: chunk, seq: 1 };
      const first = await bus.jsm.streams.getMessage(stream, firstOf);
      await bus.jsm.streams.deleteMessage(stream, first?.seq ?? 0);
      const changed = Uint8Array.from(first?.data ?? []);
      changed[0] = (changed[0] ?? 0) ^ 1;
      await bus.js.publish(chunk, changed);
    },
  });

  test("deleted pictures leave nothing behind in the stream", async () => {
    const store = await openNatsBlobStore(bus, { bucket: "residue" });
    for (let i = 0; i < 5; i += 1) await store.delete((await store.put(Uint8Array.of(i))).digest);
    expect((await bus.jsm.streams.info("OBJ_residue")).state.messages).toBe(0);
  });
});
