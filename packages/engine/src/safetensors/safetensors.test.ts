// Files written are read back unchanged, PyTorch's files are read, and tensors convert without loss.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tf } from "../tf.js";
import { elementCount, HOST_DTYPE_WIDTH_BYTES, type HostDtype, type HostTensor } from "./host-tensor.js";
import { openSafetensors, readSafetensors, streamSafetensors } from "./read.js";
import { fromFloat32, fromTensor, toFloat32, toTensor } from "./tensor-conversion.js";
import { writeSafetensors, writeSafetensorsStream } from "./write.js";

const DTYPES = Object.keys(HOST_DTYPE_WIDTH_BYTES) as HostDtype[];
let folder = "";
beforeAll(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "easel-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

const hostTensor: fc.Arbitrary<HostTensor> = fc
  .record({
    dtype: fc.constantFrom(...DTYPES),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  })
  .chain(({ dtype, shape }) => {
    const sizeBytes = elementCount(shape) * HOST_DTYPE_WIDTH_BYTES[dtype];
    return fc
      .uint8Array({ minLength: sizeBytes, maxLength: sizeBytes })
      .map((bytes) => ({ dtype, shape, bytes }));
  });
const name = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => text !== "__metadata__");

describe("safetensors files", () => {
  it("give back every tensor and all metadata, whatever the names, dtypes and shapes", async () => {
    const path = join(folder, "any.safetensors");
    const content = fc.tuple(
      fc.array(fc.tuple(name, hostTensor), { maxLength: 6 }),
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        fc.string(),
        { maxKeys: 3 },
      ),
    );
    await fc.assert(
      fc.asyncProperty(content, async ([entries, metadata]) => {
        const tensors = new Map(entries);
        await writeSafetensors(path, tensors, metadata);
        const read = await readSafetensors(path);
        expect(new Map([...read.tensors].sort())).toEqual(new Map([...tensors].sort()));
        expect(read.metadata).toEqual({ ...metadata });
      }),
      { numRuns: 60 },
    );
  });

  it("are the same when written piece by piece, and can be read in pieces", async () => {
    const [whole, pieces] = [join(folder, "whole.safetensors"), join(folder, "pieces.safetensors")];
    const content = fc.array(fc.tuple(name, hostTensor), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 9 }), async (entries, step) => {
        const tensors = new Map(entries);
        await writeSafetensors(whole, tensors, { format: "pt" });
        const streamed = [...tensors].map(([key, { dtype, shape, bytes }]) => {
          async function* chunks(): AsyncGenerator<Uint8Array> {
            for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
          }
          return [key, { dtype, shape, chunks }] as const;
        });
        await writeSafetensorsStream(pieces, new Map(streamed), { format: "pt" });
        expect(await readFile(pieces)).toEqual(await readFile(whole));
        const file = await openSafetensors(pieces);
        for (const entry of file.header.entries) {
          const part = await file.readPart(entry, 1, 1 + step);
          expect(part).toEqual(tensors.get(entry.name)?.bytes.slice(1, 1 + step));
        }
        await file.close();
      }),
      { numRuns: 25 },
    );
  });

  it("are not written when a tensor's pieces do not add up to its shape", async () => {
    const path = join(folder, "short.safetensors");
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3);
    }
    const short = new Map([["x", { dtype: "F32" as const, shape: [1], chunks }]]);
    await expect(writeSafetensorsStream(path, short)).rejects.toThrow(/"x" .* needs 4 bytes but has 3/);
    expect((await readdir(folder)).filter((file) => file.includes("short"))).toEqual([]);
  });

  it("place every tensor at a multiple of its element size", async () => {
    const path = join(folder, "aligned.safetensors");
    const tensors = new Map<string, HostTensor>([
      ["flags", { dtype: "BOOL", shape: [3], bytes: new Uint8Array(3) }],
      ["wide", { dtype: "F64", shape: [1], bytes: new Uint8Array(8) }],
      ["half", { dtype: "BF16", shape: [3], bytes: new Uint8Array(6) }],
      ["float", { dtype: "F32", shape: [1], bytes: new Uint8Array(4) }],
    ]);
    await writeSafetensors(path, tensors);
    const file = await openSafetensors(path);
    await file.close();
    for (const entry of file.header.entries) {
      const width = HOST_DTYPE_WIDTH_BYTES[entry.dtype];
      expect((file.header.dataStartBytes + entry.begin) % width).toBe(0);
    }
  });

  it("hold the same bytes for the same tensors in another order", async () => {
    const one: HostTensor = fromFloat32(Float32Array.of(1, 2), [2]);
    const two: HostTensor = fromFloat32(Float32Array.of(3), [1]);
    await writeSafetensors(
      join(folder, "ab.safetensors"),
      new Map([
        ["a", one],
        ["b", two],
      ]),
    );
    await writeSafetensors(
      join(folder, "ba.safetensors"),
      new Map([
        ["b", two],
        ["a", one],
      ]),
    );
    expect(await readBytes("ab.safetensors")).toEqual(await readBytes("ba.safetensors"));
  });

  it("written by PyTorch are read, one tensor at a time and only the wanted ones", async () => {
    const path = fileURLToPath(new URL("../../fixtures/lora/adapter_model.safetensors", import.meta.url));
    const names: string[] = [];
    for await (const { name: tensorName, tensor } of streamSafetensors(path, (key) =>
      key.includes("lora_A"),
    )) {
      names.push(tensorName);
      expect(tensor.shape).toEqual([4, 64]);
    }
    expect(names).toHaveLength(4);
  });

  it("are replaced whole or not at all", async () => {
    const path = join(folder, "kept.safetensors");
    await writeSafetensors(path, new Map([["x", fromFloat32(Float32Array.of(7), [1])]]));
    const broken: HostTensor = { dtype: "F32", shape: [2], bytes: new Uint8Array(4) };
    await expect(writeSafetensors(path, new Map([["x", broken]]))).rejects.toMatchObject({
      code: "EASEL_ENGINE_TENSOR_SIZE",
    });
    const kept = (await readSafetensors(path)).tensors.get("x");
    expect(kept && [...toFloat32(kept)]).toEqual([7]);
    expect((await readdir(folder)).filter((file) => file.endsWith(".partial"))).toEqual([]);
  });

  it("leave no temporary file behind when the target cannot be replaced", async () => {
    await writeFile(join(folder, "plain"), "");
    const inside = join(folder, "plain", "x.safetensors");
    await expect(writeSafetensors(inside, new Map())).rejects.toThrow();
    expect((await readdir(folder)).filter((file) => file.endsWith(".partial"))).toEqual([]);
  });

  it("cannot hold a tensor with the reserved name", async () => {
    const tensors = new Map([["__metadata__", fromFloat32(Float32Array.of(1), [1])]]);
    await expect(writeSafetensors(join(folder, "reserved.safetensors"), tensors)).rejects.toMatchObject({
      code: "EASEL_ENGINE_SAFETENSORS_NAME",
    });
  });
});

describe("conversion", () => {
  it("keeps float32, int32 and bool tensors exactly through a file", async () => {
    const tensors = {
      float: tf.tensor2d([1.5, -0, Number.POSITIVE_INFINITY, 1e-40], [2, 2]),
      int: tf.tensor1d([-(2 ** 31), 2 ** 31 - 1], "int32"),
      bool: tf.tensor1d([true, false], "bool"),
      scalar: tf.scalar(3),
    };
    const path = join(folder, "tensors.safetensors");
    const stored = new Map<string, HostTensor>();
    for (const [key, tensor] of Object.entries(tensors)) stored.set(key, await fromTensor(tensor));
    await writeSafetensors(path, stored);
    const read = await readSafetensors(path);
    for (const [key, tensor] of Object.entries(tensors)) {
      const back = toTensor(read.tensors.get(key) ?? expect.fail(`${key} is missing`));
      expect(back.shape).toEqual(tensor.shape);
      expect(back.dtype).toBe(tensor.dtype);
      expect([...(await back.data())]).toEqual([...(await tensor.data())]);
    }
  });

  it("takes 64-bit integers that fit and refuses those that do not", async () => {
    const fits: HostTensor = {
      dtype: "I64",
      shape: [2],
      bytes: new Uint8Array(BigInt64Array.of(-5n, 7n).buffer),
    };
    const tooLarge: HostTensor = {
      dtype: "I64",
      shape: [1],
      bytes: new Uint8Array(BigInt64Array.of(2n ** 31n).buffer),
    };
    expect([...(await toTensor(fits).data())]).toEqual([-5, 7]);
    expect(() => toTensor(tooLarge)).toThrow(expect.objectContaining({ code: "EASEL_ENGINE_INTEGER_RANGE" }));
  });

  it("reads values from bytes at any address", () => {
    const padded = new Uint8Array(9);
    padded.set(new Uint8Array(Float32Array.of(1.25, -2).buffer), 1);
    const odd: HostTensor = { dtype: "F32", shape: [2], bytes: padded.subarray(1) };
    expect([...toFloat32(odd)]).toEqual([1.25, -2]);
  });

  it("refuses strings", async () => {
    await expect(fromTensor(tf.tensor1d(["a"], "string"))).rejects.toMatchObject({
      code: "EASEL_ENGINE_TENSOR_DTYPE",
    });
  });
});

async function readBytes(file: string): Promise<Buffer> {
  const { readFile } = await import("node:fs/promises");
  return readFile(join(folder, file));
}
