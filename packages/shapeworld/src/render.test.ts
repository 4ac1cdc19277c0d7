// Golden digests come from fixtures/render.py, which draws from the definition in exact fractions.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Colour,
  NO_NOISE,
  randomFrom,
  renderScene,
  type Shape,
  sampleExample,
  type Texture,
} from "./index.js";

type Golden = {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly texture: Texture;
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly sha256: string;
};

const golden = JSON.parse(
  readFileSync(new URL("../fixtures/render.json", import.meta.url), "utf8"),
) as Golden[];

describe("renderScene", () => {
  it.each(golden)("draws a $texture $shape of $side px exactly as defined", (g) => {
    const box = { x1: g.left, y1: g.top, x2: g.left + g.side, y2: g.top + g.side };
    const image = renderScene({ objects: [{ shape: g.shape, colour: g.colour, texture: g.texture, box }] });
    expect(createHash("sha256").update(image.data).digest("hex")).toBe(g.sha256);
  });

  it("touches no pixel outside the boxes and each side of every box", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { scene } = sampleExample(randomFrom(seed), NO_NOISE);
        const { data, width } = renderScene(scene);
        const reached = scene.objects.map(() => new Set<string>());
        for (let at = 0; at < data.length / 3; at += 1) {
          if (data.subarray(at * 3, at * 3 + 3).every((value) => value === 255)) continue;
          const x = at % width;
          const y = (at - x) / width;
          const owner = scene.objects.findIndex(
            ({ box }) => x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2,
          );
          expect(owner).toBeGreaterThanOrEqual(0);
          const { box } = scene.objects[owner]!;
          if (x === box.x1) reached[owner]!.add("left");
          if (x === box.x2 - 1) reached[owner]!.add("right");
          if (y === box.y1) reached[owner]!.add("top");
          if (y === box.y2 - 1) reached[owner]!.add("bottom");
        }
        expect(reached.map((sides) => sides.size)).toEqual(scene.objects.map(() => 4));
      }),
      { numRuns: 50 },
    );
  });

  it("cuts off what lies outside the canvas", () => {
    const box = { x1: -8, y1: 56, x2: 16, y2: 80 };
    const image = renderScene({ objects: [{ shape: "square", colour: "red", texture: "solid", box }] });
    const red = image.data.filter((value, at) => at % 3 === 0 && value === 220).length;
    expect(red).toBe(16 * 8);
  });
});
