import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CATEGORIES,
  COLOURS,
  canonicalKey,
  drawPromptSet,
  type PromptSpec,
  promptSet,
  RELATIONS,
  SHAPES,
  ShapeworldError,
  SPLITS,
  splitOf,
  TEXTURES,
  trainWitnesses,
} from "./index.js";

describe("promptSet", () => {
  it("is a function of split, size and seed, and survives JSON", () => {
    const set = promptSet("dev", 60, 7);
    expect(promptSet("dev", 60, 7)).toEqual(set);
    expect(promptSet("dev", 60, 8)).not.toEqual(set);
    expect(promptSet("dev", 24, 7)).toEqual(set.slice(0, 24));
    expect(JSON.parse(JSON.stringify(set))).toEqual(set);
  });

  it("is balanced over the categories in every prefix", () => {
    const set = promptSet("test", 61, 3);
    for (let n = 0; n <= set.length; n += 1) {
      const counts = CATEGORIES.map((c) => set.slice(0, n).filter((p) => p.category === c).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it("keeps the parts of the split apart, whatever the seed", () => {
    const keys = new Map<string, string>();
    fc.assert(
      fc.property(fc.constantFrom(...SPLITS), fc.integer(), (split, seed) => {
        for (const prompt of promptSet(split, 12, seed)) {
          expect(prompt.split).toBe(split);
          expect(prompt.key).toBe(canonicalKey(prompt.objects, prompt.relations));
          expect(keys.get(prompt.key) ?? split).toBe(split);
          keys.set(prompt.key, split);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("shows 240 different texts and, where the part has them, different combinations", () => {
    for (const split of SPLITS) {
      const { prompts, redraws } = drawPromptSet(split, 240, 1);
      expect(new Set(prompts.map((p) => p.text)).size).toBe(240);
      expect(new Set(prompts.map((p) => p.key)).size).toBeGreaterThan(220);
      expect(redraws.unplaceable).toBe(0);
    }
  });

  it("holds four objects only when asked to", () => {
    const most = (prompts: readonly PromptSpec[]): number =>
      Math.max(...prompts.map((p) => p.objects.length));
    expect(most(promptSet("train", 300, 1))).toBe(3);
    expect(most(promptSet("train", 300, 1, { maxObjects: 4 }))).toBe(4);
  });

  it("restricts itself to given categories and refuses none", () => {
    const spatial = promptSet("dev", 20, 1, { categories: ["spatial"] });
    expect(spatial.every((p) => p.category === "spatial" && p.relations.length === 1)).toBe(true);
    expect(() => promptSet("dev", 1, 1, { categories: [] })).toThrowError(ShapeworldError);
    expect(() => promptSet("dev", -1, 1)).toThrowError(ShapeworldError);
  });
});

describe("the split", () => {
  it("gives about 80, 10 and 10 percent", () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `combination ${i}`);
    const share = (split: string): number => keys.filter((k) => splitOf(k) === split).length / keys.length;
    expect(share("train")).toBeCloseTo(0.8, 1);
    expect(share("dev")).toBeCloseTo(0.1, 1);
    expect(share("test")).toBeCloseTo(0.1, 1);
  });

  it("trains every primitive and every kind", () => {
    const witnesses = trainWitnesses();
    const primitives = [
      ...SHAPES.map((s) => `shape ${s}`),
      ...COLOURS.map((c) => `colour ${c}`),
      ...TEXTURES.map((t) => `texture ${t}`),
      ...RELATIONS.map((r) => `relation ${r}`),
      ...[1, 2, 3, 4].map((n) => `count ${n}`),
      ...COLOURS.flatMap((c) => SHAPES.map((s) => `kind ${c} ${s}`)),
    ];
    expect([...witnesses.keys()].sort()).toEqual(primitives.sort());
    for (const key of witnesses.values()) expect(splitOf(key)).toBe("train");
  });

  it("shows every primitive of the held-out prompts in training prompts", () => {
    const seen = (prompts: readonly PromptSpec[]): Set<string> =>
      new Set(
        prompts
          .flatMap((p) => p.objects.flatMap((o) => [o.shape, o.colour, o.texture, `${o.colour} ${o.shape}`]))
          .map(String),
      );
    const trained = seen(promptSet("train", 600, 1));
    for (const split of ["dev", "test"] as const) {
      for (const primitive of seen(promptSet(split, 240, 1))) expect(trained).toContain(primitive);
    }
  });
});
