// Strict success on true pictures that went through the shipped codec. The pictures and their prompts are of
// packages/training/scripts/strict-at-ceiling.mjs --keep; version 1 of the measure called each of them unclear.
import { readFileSync } from "node:fs";
import { COLOURS, decodePng, type PromptSpec, type RgbImage, SHAPES, TEXTURES } from "@easel/shapeworld";
import { describe, expect, test } from "vitest";
import { strictSuccess } from "./strict-success.js";

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
const prompts = JSON.parse(fixture("codec-pictures.json").toString()) as PromptSpec[];
const strip = decodePng(fixture("codec-pictures.png"));
const side = strip.height;

/** The pictures lie side by side. */
function picture(index: number): RgbImage {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = (y * strip.width + index * side) * 3;
    data.set(strip.data.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, data };
}

describe.each(prompts.map((prompt, index) => ({ text: prompt.text, prompt, image: picture(index) })))(
  "$text",
  ({ prompt, image }) => {
    test("is a success", () => {
      expect(strictSuccess(prompt, image)).toEqual({ success: true });
    });

    test("is none for a prompt with another shape, colour or texture, or one object more or less", () => {
      const [first, ...rest] = prompt.objects as [PromptSpec["objects"][number], ...PromptSpec["objects"]];
      const others = [
        ...SHAPES.filter((shape) => shape !== first.shape).map((shape) => ({ ...first, shape })),
        ...COLOURS.filter((colour) => colour !== first.colour).map((colour) => ({ ...first, colour })),
        ...TEXTURES.flatMap((texture) =>
          texture === "solid" || texture === first.texture ? [] : [{ ...first, texture }],
        ),
      ];
      const wrong = others.map((object) => [object, ...rest]);
      for (const objects of [...wrong, rest, [...prompt.objects, first]]) {
        const asked = { ...prompt, objects, relations: [] };
        expect(strictSuccess(asked, image).success).toBe(false);
      }
    });
  },
);
