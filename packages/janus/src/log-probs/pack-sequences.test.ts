import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packSequences, type SequenceRow } from "./pack-sequences.js";

const PAD = 0;
const BOI = 1;
const id = fc.integer({ min: 2, max: 90 });

const sequenceRow: fc.Arbitrary<SequenceRow> = fc.record({
  promptIds: fc.array(id, { minLength: 1, maxLength: 6 }),
  chainIds: fc.array(id, { maxLength: 9 }).map((chain) => [...chain, BOI]),
  imageCodes: fc.array(id, { minLength: 4, maxLength: 4 }),
  forcedBoi: fc.boolean(),
  dropCondition: fc.boolean(),
});
const batch = fc.array(sequenceRow, { minLength: 1, maxLength: 6 });

describe("packSequences", () => {
  it("puts every target one place after its predicting position", () => {
    fc.assert(
      fc.property(batch, (rows) => {
        const packed = packSequences({ rows, padId: PAD, lengthBucket: 8, textBucket: 16, rowBucket: 4 });
        for (let text = 0; text < packed.textCount; text++) {
          const place = packed.textPositions[text]! + 1;
          expect(packed.textIds[place]).toBe(packed.textTargets[text]);
          expect(packed.isImage[place]).toBe(0);
          expect(Math.floor(place / packed.length)).toBe(packed.textRows[text]);
        }
        for (let token = 0; token < rows.length * 4; token++) {
          const place = packed.imagePositions[token]! + 1;
          expect(packed.imageIds[place]).toBe(packed.imageTargets[token]);
          expect(packed.isImage[place]).toBe(1);
        }
        rows.forEach((_row, index) => {
          expect(packed.textIds[packed.imagePositions[index * 4]!]).toBe(BOI);
        });
      }),
    );
  });

  it("keeps rows in order and counts every token once", () => {
    fc.assert(
      fc.property(batch, (rows) => {
        const packed = packSequences({ rows, padId: PAD });
        const chains = rows.filter((r) => r.dropCondition !== true).flatMap((r) => Array.from(r.chainIds));
        expect([...packed.textTargets.slice(0, packed.textCount)]).toEqual(chains);
        expect([...packed.imageTargets]).toEqual(rows.flatMap((r) => Array.from(r.imageCodes)));
        const masked = rows.filter((r) => r.forcedBoi === true && r.dropCondition !== true).length;
        expect(packed.textMask.reduce((sum, x) => sum + x, 0)).toBe(chains.length - masked);
      }),
    );
  });

  it("inverts the positions, and leaves fillers out of the inverse", () => {
    fc.assert(
      fc.property(batch, (rows) => {
        const packed = packSequences({ rows, padId: PAD, rowBucket: 4 });
        const named = [...packed.textInverse].filter((x) => x >= 0);
        expect(named.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: packed.textCount }, (_, i) => i),
        );
        packed.textInverse.forEach((text, place) => {
          if (text >= 0) expect(packed.textPositions[text]).toBe(place);
        });
        packed.imageInverse.forEach((token, place) => {
          if (token >= 0) expect(packed.imagePositions[token]).toBe(place);
        });
      }),
    );
  });

  it("keeps only the first and last id of prompt and chain in the unconditional form", () => {
    fc.assert(
      fc.property(sequenceRow, (row) => {
        const packed = packSequences({ rows: [row], padId: PAD });
        const prefix = row.promptIds.length + row.chainIds.length;
        const expected = Array.from({ length: prefix }, () => PAD);
        expected[0] = row.promptIds[0]!;
        expected[prefix - 1] = BOI;
        expect([...packed.unconditionalIds.slice(0, prefix)]).toEqual(expected);
        if (row.dropCondition === true) expect([...packed.textIds.slice(0, prefix)]).toEqual(expected);
      }),
    );
  });

  it("rounds lengths, text tokens and rows up to their buckets", () => {
    const row: SequenceRow = { promptIds: [5, 6, 7], chainIds: [8, BOI], imageCodes: [2, 3, 4, 5] };
    const packed = packSequences({
      rows: [row, row, row],
      padId: PAD,
      lengthBucket: 8,
      textBucket: 4,
      rowBucket: 2,
    });
    expect([packed.rows, packed.length, packed.textPositions.length]).toEqual([4, 16, 8]);
    expect([...packed.imageMask.slice(12)]).toEqual([0, 0, 0, 0]);
  });

  it("refuses pictures of different sizes and empty parts, naming the row", () => {
    const row: SequenceRow = { promptIds: [5], chainIds: [BOI], imageCodes: [2, 3] };
    expect(() => packSequences({ rows: [row, { ...row, imageCodes: [2] }], padId: PAD })).toThrow(/Row 1/);
    expect(() => packSequences({ rows: [{ ...row, promptIds: [] }], padId: PAD })).toThrow(/empty prompt/);
    expect(() => packSequences({ rows: [], padId: PAD })).toThrow(/at least one row/);
  });
});
