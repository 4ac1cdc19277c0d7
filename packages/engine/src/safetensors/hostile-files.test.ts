// Whatever bytes a file holds, reading gives tensors or a named refusal: never a crash, a hang or a huge allocation.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineError } from "../errors.js";
import { readSafetensors } from "./read.js";
import { fromFloat32 } from "./tensor-conversion.js";
import { writeSafetensors } from "./write.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "easel-hostile-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file with the given header text, stated header length and data size. */
function fileOf(header: string, dataBytes: number, statedLength?: bigint): Buffer {
  const json = Buffer.from(header, "utf8");
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(statedLength ?? BigInt(json.length));
  return Buffer.concat([prefix, json, Buffer.alloc(dataBytes)]);
}

async function codeOf(content: Uint8Array): Promise<string> {
  const path = join(folder, "hostile.safetensors");
  await writeFile(path, content);
  try {
    await readSafetensors(path);
    return "read";
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
}

const X = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';
const cases: readonly (readonly [string, Buffer, string])[] = [
  ["an empty file", Buffer.alloc(0), "HEADER_LENGTH"],
  ["a file shorter than the length prefix", Buffer.alloc(7), "HEADER_LENGTH"],
  ["a header length beyond the file", fileOf("{}", 0, 1000n), "HEADER_LENGTH"],
  ["a header length of 2^63", fileOf("{}", 0, 2n ** 63n), "HEADER_LENGTH"],
  ["a header length above the format's bound", fileOf("{}", 0, 100_000_001n), "HEADER_LENGTH"],
  ["a header length of 0", fileOf("", 8, 0n), "HEADER_LENGTH"],
  ["a header that is not JSON", fileOf("{x}", 0), "HEADER"],
  ["a header cut short by its stated length", fileOf(`{"x":{${X}}}`, 4, 10n), "HEADER"],
  ["a header that is a list", fileOf("[]", 0), "HEADER"],
  ["a header that is null", fileOf("null", 0), "HEADER"],
  ["a header with white space first", fileOf(" {}", 0), "HEADER"],
  [
    "a header that is not UTF-8",
    Buffer.concat([fileOf("", 0, 4n), Buffer.from([0x7b, 0xff, 0xfe, 0x7d])]),
    "HEADER",
  ],
  ["a header nested very deeply", fileOf(`${"[".repeat(50_000)}${"]".repeat(50_000)}`, 0), "HEADER"],
  ["a tensor that is a number", fileOf('{"x":1}', 0), "HEADER"],
  ["metadata that is not text", fileOf('{"__metadata__":{"a":1}}', 0), "HEADER"],
  ["a name given twice", fileOf(`{"x":{${X}},"x":{${X}}}`, 4), "DUPLICATE"],
  ["a name given twice, once escaped", fileOf(`{"x":{${X}},"\\u0078":{${X}}}`, 4), "DUPLICATE"],
  ["a field given twice", fileOf(`{"x":{"dtype":"U8",${X}}}`, 4), "DUPLICATE"],
  ["a dtype from the future", fileOf(`{"x":{${X.replace("F32", "F8_E4M3")}}}`, 4), "DTYPE"],
  [
    "a dtype that is a property of every object",
    fileOf(`{"x":{${X.replace("F32", "toString")}}}`, 4),
    "DTYPE",
  ],
  ["a negative dimension", fileOf(`{"x":{${X.replace("[1]", "[-1]")}}}`, 4), "SHAPE"],
  ["a fractional dimension", fileOf(`{"x":{${X.replace("[1]", "[0.5,2]")}}}`, 4), "SHAPE"],
  ["a shape that is text", fileOf(`{"x":{${X.replace("[1]", '"1"')}}}`, 4), "SHAPE"],
  [
    "dimensions whose product overflows",
    fileOf(`{"x":{${X.replace("[1]", "[4294967296,4294967296]")}}}`, 4),
    "SHAPE",
  ],
  [
    "a huge tensor in a small file",
    fileOf('{"x":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}', 4),
    "TRUNCATED",
  ],
  ["a file without its last byte", fileOf(`{"x":{${X}}}`, 3), "TRUNCATED"],
  ["offsets that do not fit the shape", fileOf(`{"x":{${X.replace("[0,4]", "[0,8]")}}}`, 8), "OFFSETS"],
  ["offsets in reverse", fileOf(`{"x":{${X.replace("[0,4]", "[4,0]")}}}`, 4), "OFFSETS"],
  ["three offsets", fileOf(`{"x":{${X.replace("[0,4]", "[0,4,8]")}}}`, 8), "OFFSETS"],
  ["overlapping tensors", fileOf(`{"x":{${X}},"y":{${X.replace("[0,4]", "[2,6]")}}}`, 6), "OFFSETS"],
  ["two tensors over the same bytes", fileOf(`{"x":{${X}},"y":{${X}}}`, 4), "OFFSETS"],
  ["a gap between tensors", fileOf(`{"x":{${X}},"y":{${X.replace("[0,4]", "[8,12]")}}}`, 12), "OFFSETS"],
  ["a gap at the start", fileOf(`{"x":{${X.replace("[0,4]", "[4,8]")}}}`, 8), "OFFSETS"],
  ["data that belongs to no tensor", fileOf(`{"x":{${X}}}`, 5), "OFFSETS"],
];

describe("hostile safetensors files", () => {
  it.each(cases)("%s is refused", async (_, content, what) => {
    expect(await codeOf(content)).toBe(`EASEL_ENGINE_SAFETENSORS_${what}`);
  });

  it("names that shadow object properties are ordinary names", async () => {
    const path = join(folder, "names.safetensors");
    await writeFile(path, fileOf(`{"__proto__":{${X}}}`, 4));
    const { tensors } = await readSafetensors(path);
    expect([...tensors.keys()]).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it("random bytes are refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await codeOf(bytes)).toMatch(/^EASEL_ENGINE_SAFETENSORS_/);
      }),
      { numRuns: 200 },
    );
  });

  it("a valid file with any one byte changed is read or refused by name", async () => {
    const path = join(folder, "valid.safetensors");
    const tensors = new Map([
      ["weight", fromFloat32(Float32Array.of(1, 2, 3, 4), [2, 2])],
      ["bias", fromFloat32(Float32Array.of(5), [1], "BF16")],
    ]);
    await writeSafetensors(path, tensors, { format: "pt" });
    const valid = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.length - 1), fc.nat(255), async (position, value) => {
        const changed = Buffer.from(valid);
        changed[position] = value;
        expect(await codeOf(changed)).toMatch(/^(read|EASEL_ENGINE_SAFETENSORS_\w+)$/);
      }),
      { numRuns: 400 },
    );
  });

  it("a valid file cut anywhere is refused", async () => {
    const path = join(folder, "cut.safetensors");
    await writeSafetensors(path, new Map([["x", fromFloat32(Float32Array.of(1, 2), [2])]]));
    const valid = await readFile(path);
    for (let length = 0; length < valid.length; length++) {
      expect(await codeOf(valid.subarray(0, length))).toMatch(/^EASEL_ENGINE_SAFETENSORS_/);
    }
  });
});
