// The layout of the transformers library against the names, shapes and config it wrote for the reference model.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../config.js";
import { isIgnored, janusLayout } from "./layout.js";
import { isTransformersConfig, originalConfig } from "./transformers-config.js";
import { originalName, originalPart, transformersParts } from "./transformers-names.js";

function json(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/janus-tiny/${path}`, import.meta.url), "utf8"));
}

describe("the transformers layout", () => {
  const stored = json("transformers/config.json");
  const original = parseConfig(json("original/config.json"), { imageSize: 64 });

  it("states the same sizes", () => {
    if (!isTransformersConfig(stored)) throw new Error("not recognised");
    expect(parseConfig(originalConfig(stored))).toEqual(original);
  });

  it("holds the same weights under other names", () => {
    const shapes = Object.entries(json("transformers/shapes.json") as Record<string, number[]>);
    const renamed = shapes.map(([name, shape]) => [originalName(name), shape] as const);
    const used = renamed.filter(([name]) => !isIgnored(name));
    expect(used.length).toBeLessThan(renamed.length);
    expect(new Map(used)).toEqual(new Map(janusLayout(original)));
  });

  it("has one weight for each of the original's, and leads back to it", () => {
    for (const name of janusLayout(original).keys()) {
      const parts = transformersParts(name);
      expect(parts).toHaveLength(1);
      expect(parts.map(originalPart)).toEqual([{ name, part: 0, parts: 1 }]);
    }
  });

  it("has three for the tower's attention, in the order of its rows", () => {
    const name = "vision_model.vision_tower.blocks.11.attn.qkv.bias";
    expect(transformersParts(name).map(originalPart)).toEqual(
      [0, 1, 2].map((part) => ({ name, part, parts: 3 })),
    );
    expect(transformersParts(name)[1]).toBe("model.vision_model.encoder.layers.11.self_attn.k_proj.bias");
  });

  it("is not taken for the original one", () => {
    expect(isTransformersConfig(json("original/config.json"))).toBe(false);
  });
});
