// Strict success on soft pictures: what is right stays right under every kind of softness, and nothing else becomes right.
import {
  blankImage,
  COLOURS,
  drawPrompt,
  oppositeRelation,
  type PromptSpec,
  placeObjects,
  type RgbImage,
  randomFrom,
  renderScene,
  type Scene,
  SHAPES,
  sceneOf,
  TEXTURES,
} from "@easel/shapeworld";
import { describe, expect, test } from "vitest";
import { SOFTNESSES } from "../../fixtures/soft-pictures.js";
import { strictSuccess } from "./strict-success.js";

const SCENES = 60;

type Drawn = { readonly prompt: PromptSpec; readonly scene: Scene };
const scenes: readonly Drawn[] = Array.from({ length: SCENES }, (_, index) =>
  drawPrompt(randomFrom(`soft ${index}`), "train", { maxObjects: 4 }),
);

/** A scene that differs from the prompt in one thing, or null where there is no such thing. */
const wrongs: Readonly<Record<string, (drawn: Drawn, index: number) => Scene | null>> = {
  "a shape": ({ scene }, index) =>
    changed(scene, index, (o) => ({ ...o, shape: other(SHAPES, o.shape, index) })),
  "a colour": ({ scene }, index) =>
    changed(scene, index, (o) => ({ ...o, colour: other(COLOURS, o.colour, index) })),
  "a named texture": ({ prompt, scene }, index) =>
    prompt.objects[index % prompt.objects.length]!.texture === undefined
      ? null
      : changed(scene, index, (o) => ({ ...o, texture: other(TEXTURES, o.texture, index) })),
  "one object less": ({ scene }, index) => ({
    objects: scene.objects.filter((_, at) => at !== index % scene.objects.length),
  }),
  "one object more": ({ prompt, scene }, index) => {
    const objects = [...scene.objects, scene.objects[index % scene.objects.length]!];
    const placement = placeObjects(randomFrom(`more ${index}`), objects.length, prompt.relations);
    return placement && { objects: objects.map((o, at) => ({ ...o, box: placement.boxes[at]! })) };
  },
  "a relation": ({ prompt }, index) => {
    const [first, ...others] = prompt.relations;
    if (first === undefined) return null;
    const turned = { ...first, relation: oppositeRelation(first.relation) };
    return sceneOf(randomFrom(`turned ${index}`), { ...prompt, relations: [turned, ...others] });
  },
};

function changed(
  scene: Scene,
  index: number,
  change: (o: Scene["objects"][number]) => Scene["objects"][number],
) {
  const which = index % scene.objects.length;
  return { objects: scene.objects.map((object, at) => (at === which ? change(object) : object)) };
}

function other<T>(all: readonly T[], but: T, index: number): T {
  const left = all.filter((one) => one !== but);
  return left[index % left.length]!;
}

describe.each(Object.entries(SOFTNESSES))("%s", (name, soften) => {
  const random = randomFrom(name);
  const holds = (prompt: PromptSpec, image: RgbImage): boolean =>
    strictSuccess(prompt, soften(image, random)).success;

  test("leaves at least 97 of 100 true pictures successes", () => {
    const right = scenes.filter(({ prompt, scene }) => holds(prompt, renderScene(scene)));
    expect(right.length / SCENES).toBeGreaterThanOrEqual(0.97);
  });

  test.each(Object.entries(wrongs))("does not hide that %s is wrong", (_, make) => {
    const pictures = scenes.flatMap((drawn, index) => {
      const scene = make(drawn, index);
      return scene === null ? [] : [{ prompt: drawn.prompt, image: renderScene(scene) }];
    });
    const fooled = pictures.filter(({ prompt, image }) => holds(prompt, image));
    expect(pictures.length).toBeGreaterThan(5);
    expect(fooled.length / pictures.length).toBeLessThanOrEqual(0.01);
  });

  test("turns no other form into a shape of the world", () => {
    for (const [form, inside] of Object.entries(OTHER_FORMS)) {
      for (const side of [16, 24]) {
        const image = soften(drawForm(inside, side), random);
        for (const shape of SHAPES) {
          const asked = { ...scenes[0]!.prompt, objects: [{ shape, colour: "red" }], relations: [] } as const;
          expect(strictSuccess(asked, image).success, `${form} of ${side} px as a ${shape}`).toBe(false);
        }
      }
    }
  });
});

type Form = (u: number, v: number) => boolean;

/** Forms in the square [-1,1], v downwards, that are none of the four shapes, though some have their area. */
const OTHER_FORMS: Readonly<Record<string, Form>> = {
  diamond: (u, v) => Math.abs(u) + Math.abs(v) <= 1,
  ring: (u, v) => u * u + v * v <= 1 && u * u + v * v >= 0.25,
  frame: (u, v) => Math.max(Math.abs(u), Math.abs(v)) > 0.5,
  angle: (u, v) => u < -0.3 || v > 0.3,
  "triangle upside down": (u, v) => Math.abs(u) <= (1 - v) / 2,
  "right-angled triangle": (u, v) => u <= v,
  "slanted cross": (u, v) => Math.abs(Math.abs(u) - Math.abs(v)) < 0.3,
  "cross with thick arms": (u, v) => Math.abs(u) < 0.6 || Math.abs(v) < 0.6,
  "cross with thin arms": (u, v) => Math.abs(u) < 0.15 || Math.abs(v) < 0.15,
  tee: (u, v) => v < -0.4 || Math.abs(u) < 0.3,
  "disc with a wedge cut out": (u, v) => u * u + v * v <= 1 && !(u > 0 && Math.abs(v) < 0.7 * u),
  "square with a corner cut out": (u, v) => u < 0.3 || v > -0.3,
  "square with a bite": (u, v) => (u - 1) ** 2 + v * v > 0.3,
  "square with round corners": (u, v) =>
    Math.max(0, Math.abs(u) - 0.5) ** 2 + Math.max(0, Math.abs(v) - 0.5) ** 2 <= 0.25,
};

/** A red form on white. */
function drawForm(inside: Form, side: number): RgbImage {
  const image = blankImage(64, 64);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!inside((2 * x + 1 - side) / side, (2 * y + 1 - side) / side)) continue;
      image.data.set([220, 40, 40], ((y + 8) * 64 + x + 16) * 3);
    }
  }
  return image;
}
