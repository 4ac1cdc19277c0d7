// Recorded log-probs and advantages land on the tokens they belong to, whatever the order of lengths.
import { packSequences } from "@easel/janus";
import fc from "fast-check";
import { expect, it } from "vitest";
import { countedTokens, type WeightedRow } from "./row-weights.js";
import { stepTargets } from "./step-targets.js";

const row = fc
  .record({
    prompt: fc.integer({ min: 1, max: 5 }),
    chain: fc.integer({ min: 1, max: 6 }),
    forcedBoi: fc.boolean(),
    advantage: fc.double({ min: -2, max: 2, noNaN: true }),
  })
  .map(
    ({ prompt, chain, forcedBoi, advantage }): WeightedRow => ({
      promptIds: Array.from({ length: prompt }, () => 1),
      chainIds: Array.from({ length: chain }, (_, i) => 10 + i),
      forcedBoi,
      imageCodes: [1, 2, 3, 4],
      behaviourLogProbs: Array.from({ length: chain + 4 }, (_, i) => -(i + 1) / 8),
      advantage,
      tokenWeight: advantage / 7,
    }),
  );

it("follows the packed order", () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
      const packed = packSequences({ rows, padId: 0, textBucket: 8, rowBucket: 4 });
      const targets = stepTargets(rows, packed);
      let text = 0;
      rows.forEach((r, index) => {
        for (let i = 0; i < r.chainIds.length; i++, text++) {
          expect(packed.textRows[text]).toBe(index);
          expect(targets.behaviourText[text]).toBeCloseTo(-(i + 1) / 8, 6);
          expect(targets.textAdvantages[text]).toBeCloseTo(r.advantage, 5);
          expect(targets.textWeights[text]).toBeCloseTo(r.tokenWeight, 5);
        }
        expect(targets.imageAdvantages[index]).toBeCloseTo(r.advantage, 5);
        expect(targets.imageWeights[index]).toBeCloseTo(r.tokenWeight, 5);
        const first = targets.behaviourImage[index * 4];
        expect(first).toBeCloseTo(-(r.chainIds.length + 1) / 8, 6);
      });
      expect(packed.textCount).toBe(text);
      const masked = packed.textMask.reduce((sum, value) => sum + value, 0);
      expect(rows.reduce((sum, r) => sum + countedTokens(r).text, 0)).toBe(masked);
      expect(rows.map((r) => countedTokens(r).image)).toEqual(rows.map(() => 4));
    }),
  );
});
