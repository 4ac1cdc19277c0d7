// The tokenizer of small models: the promised single tokens, and loss-free text around them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildByteBpe } from "./build-byte-bpe.js";
import { createTokenizer } from "./janus-tokenizer.js";
import { tokenStrings } from "./special-tokens.js";

const words = ["red", "circle", "iron", "abab", "left", "of", "a", "A", "striped", "stripe", "rest"];
const pieces = ["0", "125", "250", "999", "1000", "(", ",", "),(", ")", "…", " ("];

describe("a built tokenizer", () => {
  const tokenizer = createTokenizer(buildByteBpe({ words, pieces }));

  it("makes one token of each word, with and without a space, and of each piece", () => {
    for (const text of [...words, ...words.map((word) => ` ${word}`), ...pieces]) {
      expect(tokenizer.encode(text), text).toHaveLength(1);
    }
  });

  it("spends one token a part on a chain", () => {
    const { objectStart, objectEnd, boxStart, boxEnd, beginImage } = tokenStrings;
    const chain = `A ${objectStart}red circle${objectEnd} ${boxStart}(125,250),(250,999)${boxEnd} left of a${beginImage}`;
    const ids = tokenizer.encode(chain);
    expect(ids.map((id) => tokenizer.decode([id]))).toEqual([
      "A",
      " ",
      objectStart,
      "red",
      " circle",
      objectEnd,
      " ",
      boxStart,
      "(",
      "125",
      ",",
      "250",
      "),(",
      "250",
      ",",
      "999",
      ")",
      boxEnd,
      " left",
      " of",
      " a",
      beginImage,
    ]);
    expect(tokenizer.decode(ids)).toBe(chain);
  });

  it("gives any text back", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(text, (sample) => {
        fc.pre(!sample.includes("<"));
        expect(tokenizer.decode(tokenizer.encode(sample))).toBe(sample);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps its promise for any words", () => {
    const word = fc.stringMatching(/^[abc]{1,6}$/);
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 12 }), (list) => {
        const built = createTokenizer(buildByteBpe({ words: list }));
        for (const text of list)
          expect([text, ` ${text}`].map((t) => built.encode(t).length)).toEqual([1, 1]);
      }),
      { numRuns: 30 },
    );
  });

  it("is the same for the same input", () => {
    expect(buildByteBpe({ words, pieces })).toEqual(buildByteBpe({ words, pieces }));
  });

  it("refuses pieces that text is cut in", () => {
    for (const piece of ["left of", "a1", "", "  a"]) {
      expect(() => buildByteBpe({ words: [], pieces: [piece] }), piece).toThrow(/cannot be one token/);
    }
  });
});
