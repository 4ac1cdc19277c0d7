// Packed rows are what went in, and take little of the heap.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createRowPacker, type PictureRow } from "./packed-rows.js";

const ids = fc.array(fc.integer({ min: 0, max: 102_399 }), { minLength: 1, maxLength: 40 });
const row: fc.Arbitrary<PictureRow> = fc.record({
  id: fc.string({ unit: "grapheme", maxLength: 12 }),
  prompt: fc.string({ unit: "grapheme", maxLength: 60 }),
  promptIds: ids,
  chainIds: ids,
  // Codes of no released codec are beyond two bytes; those of another may be.
  imageCodes: fc.oneof(
    fc.uint16Array({ maxLength: 33 }),
    fc.int32Array({ min: 0, max: 200_000, maxLength: 33 }),
  ),
});

const plain = ({ id, prompt, promptIds, chainIds, imageCodes }: PictureRow) => ({
  id,
  prompt,
  promptIds: Array.from(promptIds),
  chainIds: Array.from(chainIds),
  imageCodes: Array.from(imageCodes),
});

it("come back as they were, however many lie beside them", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
      const packer = createRowPacker();
      const packed = rows.map((one) => packer.pack(one));
      expect(packed.map(plain)).toEqual(rows.map(plain));
    }),
  );
});

it("come back where a buffer ends between them, and where one is larger than a buffer", () => {
  const packer = createRowPacker();
  const sizes = [2_000_000, 2_500_000, 5_000_000, 3];
  const packed = sizes.map((size, at) => {
    const chainIds = new Int32Array(size).fill(at);
    return packer.pack({ id: `${at}`, prompt: "ä", promptIds: [at], chainIds, imageCodes: [at] });
  });
  for (const [at, { id, prompt, promptIds, chainIds, imageCodes }] of packed.entries()) {
    expect([id, prompt, promptIds[0], chainIds.length, imageCodes[0]]).toEqual([
      `${at}`,
      "ä",
      at,
      sizes[at],
      at,
    ]);
    expect(chainIds[chainIds.length - 1]).toBe(at);
  }
});

it("take little more than their numbers do", () => {
  const one: PictureRow = {
    id: "x/1",
    prompt: "a red circle left of a blue square",
    promptIds: Array.from({ length: 56 }, (_, at) => at),
    chainIds: Array.from({ length: 250 }, (_, at) => at),
    imageCodes: new Uint16Array(576),
  };
  const packer = createRowPacker();
  const before = process.memoryUsage();
  const rows = Array.from({ length: 10_000 }, () => packer.pack(one));
  const after = process.memoryUsage();
  expect(rows).toHaveLength(10_000);
  // 56 + 250 tokens of four bytes, 576 codes of two, and the text; a buffer may be begun.
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(10_000 * 2600 + 20e6);
  expect(rows[9999]?.chainIds.length).toBe(250);
});
