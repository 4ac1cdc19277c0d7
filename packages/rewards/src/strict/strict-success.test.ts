import {
  oppositeRelation,
  promptSet,
  randomFrom,
  renderScene,
  type Scene,
  SECOND_STAGE_NOISE,
  sampleExample,
  sceneOf,
} from "@easel/shapeworld";
import { describe, expect, test } from "vitest";
import { strictSuccess } from "./strict-success.js";

const cases = promptSet("train", 120, 9, { maxObjects: 4 }).map((prompt, index) => {
  const scene = sceneOf(randomFrom(`strict ${index}`), prompt);
  return { prompt, scene, image: renderScene(scene) };
});
const verdict = (c: (typeof cases)[number], objects: Scene["objects"]) =>
  strictSuccess(c.prompt, renderScene({ objects }));

describe("strict success", () => {
  test("holds for every scene that obeys its prompt, textures and four objects included", () => {
    for (const { prompt, image } of cases)
      expect(strictSuccess(prompt, image), prompt.text).toEqual({ success: true });
  });

  test("holds under the small colour errors of an image codec", () => {
    const random = randomFrom("codec");
    for (const { prompt, image } of cases) {
      const data = image.data.map((value) => Math.min(255, Math.max(0, value + 16 * (random.next() - 0.5))));
      expect(strictSuccess(prompt, { ...image, data }), prompt.text).toEqual({ success: true });
    }
  });

  test("fails for one object less or more", () => {
    for (const c of cases) {
      if (c.scene.objects.length > 1)
        expect(verdict(c, c.scene.objects.slice(1))).toMatchObject({ reason: "count" });
      const doubled = c.scene.objects.length === 1 ? verdict(c, []) : null;
      if (doubled !== null) expect(doubled).toMatchObject({ reason: "count" });
    }
  });

  test("fails for one wrong colour, shape or named texture", () => {
    for (const c of cases) {
      const [first, ...rest] = c.scene.objects as [Scene["objects"][number], ...Scene["objects"][number][]];
      const colour = (["red", "green", "blue", "purple", "orange", "yellow"] as const).find(
        (name) => !c.scene.objects.some((object) => object.colour === name),
      )!;
      expect(verdict(c, [{ ...first, colour }, ...rest])).toMatchObject({ reason: "attributes" });
      if (first.texture !== "solid") {
        expect(verdict(c, [{ ...first, texture: "solid" }, ...rest])).toMatchObject({ reason: "attributes" });
      }
    }
  });

  test("fails for a relation that holds the other way round", () => {
    for (const c of cases) {
      const [relation, ...others] = c.prompt.relations;
      if (relation === undefined) continue;
      const turned = { ...relation, relation: oppositeRelation(relation.relation) };
      expect(strictSuccess({ ...c.prompt, relations: [turned, ...others] }, c.image)).toMatchObject({
        reason: "relations",
      });
    }
  });

  test("fails for dirt and for an object cut in half", () => {
    for (const c of cases.slice(0, 40)) {
      const dirty = { ...c.image, data: c.image.data.slice() };
      for (let y = 0; y < 64; y += 2) dirty.data.fill(0, y * 64 * 3, y * 64 * 3 + 3);
      expect(strictSuccess(c.prompt, dirty).success).toBe(false);
      const { box } = c.scene.objects[0]!;
      const cut = { ...c.image, data: c.image.data.slice() };
      for (let y = box.y1; y < (box.y1 + box.y2) / 2; y++)
        cut.data.fill(255, (y * 64 + box.x1) * 3, (y * 64 + box.x2) * 3);
      expect(strictSuccess(c.prompt, cut).success).toBe(false);
    }
  });

  test("agrees with the noise that was put into examples: pictures that break the prompt fail", () => {
    const random = randomFrom("examples");
    for (let i = 0; i < 300; i++) {
      const { prompt, scene, perturbed } = sampleExample(random, SECOND_STAGE_NOISE);
      const { success } = strictSuccess(prompt, renderScene(scene));
      if (perturbed.length === 0) expect(success, prompt.text).toBe(true);
      if (perturbed.some(({ kind }) => kind === "count")) expect(success, prompt.text).toBe(false);
    }
  });
});
