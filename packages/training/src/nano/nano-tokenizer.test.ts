// The tokenizer of janus-nano: the whole world goes through it and back, coordinates and words as one token each.
import { promptSet, randomFrom, sampleExample } from "@easel/shapeworld";
import { expect, it } from "vitest";
import { nanoTokenizer } from "./nano-tokenizer.js";

const tokenizer = nanoTokenizer("User: {caption}\n\nAssistant:");

it("brings chains back unchanged, within the text cap of the shipped settings", () => {
  const random = randomFrom("chains");
  let longest = 0;
  for (let i = 0; i < 500; i++) {
    const { chain } = sampleExample(random);
    const ids = tokenizer.encode(chain);
    expect(tokenizer.decode(ids)).toBe(chain);
    expect(ids.at(-1)).toBe(tokenizer.ids.beginImage);
    longest = Math.max(longest, ids.length);
  }
  expect(longest).toBeLessThanOrEqual(72);
  expect(longest).toBeGreaterThan(50);
});

it("gives prompts BOS and nothing unknown, short enough for one bucket of 32", () => {
  for (const { text } of promptSet("dev", 240, 1)) {
    const ids = tokenizer.encodePrompt(text);
    expect(ids[0]).toBe(tokenizer.ids.begin);
    expect(ids.length).toBeLessThanOrEqual(32);
    expect(tokenizer.decode(ids.slice(1))).toBe(`User: ${text}\n\nAssistant:`);
  }
});

it("takes any text, also of no world", () => {
  const odd = "Ein Häuschen – 🎨 (1,2)\n\tx";
  expect(tokenizer.decode(tokenizer.encode(odd))).toBe(odd);
});
