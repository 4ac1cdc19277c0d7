import { describe, expect, it } from "vitest";
import {
  CATEGORIES,
  cutIntoPieces,
  drawPrompt,
  MARKERS,
  type PromptSpec,
  randomFrom,
  readRelations,
  SECOND_STAGE_NOISE,
  sampleExample,
  states,
  words,
} from "./index.js";

function draw(count: number, maxObjects: 3 | 4 = 3): PromptSpec[] {
  const random = randomFrom("phrasing");
  return Array.from({ length: count }, () => drawPrompt(random, "train", { maxObjects }).prompt);
}

describe("prompts", () => {
  it("state exactly their relations, in every phrasing", () => {
    for (const { text, objects, relations } of draw(1200, 4)) {
      const read = readRelations(text);
      expect(read, text).toHaveLength(relations.length);
      for (const { a, relation, b } of relations) {
        expect(
          read.some((r) => states(r, objects[a]!, relation, objects[b]!)),
          text,
        ).toBe(true);
      }
    }
  });

  it("know whether they name the reference first", () => {
    for (const { text, objects, relations } of draw(2000)) {
      const [only] = relations;
      if (only === undefined || relations.length > 1) continue;
      const at = (index: number): number =>
        text.indexOf(`${objects[index]!.colour} ${objects[index]!.shape}`);
      expect(at(only.b) < at(only.a), text).toBe(only.inverted);
    }
  });

  it("are told both ways about equally often, and in many ways", () => {
    const random = randomFrom("variety");
    const spatial = Array.from(
      { length: 2000 },
      () => drawPrompt(random, "train", { categories: ["spatial"] }).prompt,
    );
    const inverted = spatial.filter((p) => p.relations[0]!.inverted).length / spatial.length;
    expect(inverted).toBeGreaterThan(0.45);
    expect(inverted).toBeLessThan(0.55);
    const forms = new Set(spatial.map((p) => p.text.replace(/(a|an) \w+ \w+/g, "X")));
    expect(forms.size).toBeGreaterThan(40);
  });

  it("stay within 20 words", () => {
    const lengths = draw(2000).map((p) => p.text.split(" ").length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(20);
  });

  it("name every object with its attributes and the right article", () => {
    for (const { text, objects } of draw(800, 4)) {
      for (const { colour, shape, texture } of objects) {
        for (const word of [colour, shape, texture]) if (word !== undefined) expect(text).toContain(word);
      }
      expect(text).not.toMatch(/\ba [aeiou]|\ban [^aeiou]/);
      expect(text).not.toMatch(/ {2}|^ | $/);
    }
  });

  it("cover all categories with one to three objects", () => {
    const prompts = draw(2000);
    expect(new Set(prompts.map((p) => p.category))).toEqual(new Set(CATEGORIES));
    expect(new Set(prompts.map((p) => p.objects.length))).toEqual(new Set([1, 2, 3]));
  });
});

describe("words", () => {
  it("are complete and hold nothing that is never used", () => {
    const random = randomFrom("words");
    const known = new Set([...words(), ...MARKERS]);
    const used = new Set<string>();
    for (let run = 0; run < 3000; run += 1) {
      const maxObjects = run % 2 === 0 ? 3 : 4;
      const { prompt, chain } = sampleExample(random, SECOND_STAGE_NOISE, { maxObjects });
      for (const text of [prompt.text, ` ${prompt.text}`, chain]) {
        const pieces = cutIntoPieces(text);
        expect(pieces.join("")).toBe(text);
        for (const piece of pieces) used.add(piece);
      }
    }
    expect([...used].filter((piece) => !known.has(piece))).toEqual([]);
    expect([...known].filter((piece) => !used.has(piece))).toEqual([]);
    expect(words()).toHaveLength(new Set(words()).size);
  });
});

describe("readRelations", () => {
  it.each([
    [
      "A red circle left of a blue square, a green cross above it",
      ["circle left square", "cross above square"],
    ],
    ["A red circle is to the right of the blue square.", ["circle right square"]],
    ["Above a blue square there is a red circle", ["circle above square"]],
    [
      "a blue square with a red circle on its left and a green cross under it",
      ["circle left square", "cross below square"],
    ],
    [
      "a red circle above a blue square that is left of a green cross",
      ["circle above square", "square left cross"],
    ],
    ["A red circle and a blue square", []],
    ["left of above it below", []],
    ["", []],
  ])("%s", (text, expected) => {
    expect(readRelations(text).map((r) => `${r.a.shape} ${r.relation} ${r.b.shape}`)).toEqual(expected);
  });
});
