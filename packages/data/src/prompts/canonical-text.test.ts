import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalText } from "./canonical-text.js";

test.each([
  ["A Red car, and a blue dog.", "a red car and a blue dog"],
  ["a  red\tcar", "a red car"],
  ["a photo of a red car", "a red car"],
  ["A photo of a photo of a red car", "a red car"],
  ["The dog’s bowl", "the dog's bowl"],
  ["ｆｕｌｌ width", "full width"],
  ["cafe\u0301", "café"],
])("%j is the same prompt as %j", (a, b) => {
  expect(canonicalText(a)).toBe(canonicalText(b));
});

test.each([
  ["a red car", "a blue car"],
  ["a cat left of a dog", "a dog left of a cat"],
  ["2 cats", "3 cats"],
  ["café", "cafe"],
  ["红色的车", "蓝色的车"],
  ["🐱", "🐶"],
])("%j is another prompt than %j", (a, b) => {
  expect(canonicalText(a)).not.toBe(canonicalText(b));
});

test("a canonical form is its own, for any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const form = canonicalText(text);
      expect(canonicalText(form)).toBe(form);
    }),
    { numRuns: 300 },
  );
});

test("letters' case, spaces, and marks around words make no other prompt", () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const between = fc.constantFrom(" ", "  ", ", ", " - ", "\t");
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 6 }),
      between,
      fc.constantFrom("", ".", "!"),
      (words, gap, end) => {
        const other = words.map((one) => one.toUpperCase()).join(gap) + end;
        expect(canonicalText(other)).toBe(canonicalText(words.join(" ")));
      },
    ),
  );
});
