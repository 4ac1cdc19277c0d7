// Scripted ways to please a reward without doing the work. Each must score below an honest median sample.
import { type Box, formatObject } from "@easel/chain";
import {
  blankImage,
  promptSet,
  type RgbImage,
  randomFrom,
  renderScene,
  type Scene,
  SECOND_STAGE_NOISE,
  sampleExample,
  sceneOf,
  writeChain,
} from "@easel/shapeworld";
import { beforeAll, describe, expect, test } from "vitest";
import { SOFTNESSES } from "../fixtures/soft-pictures.js";
import { type JudgeSample, scoreShapeworld, strictSuccess } from "./index.js";

const COUNT = 60;

/** Prompt, a scene that obeys it and the honest chain of that scene. */
const cases = promptSet("dev", COUNT, 11).map((prompt, index) => {
  const scene = sceneOf(randomFrom(index), prompt);
  return { prompt, scene, chain: writeChain(scene, prompt.relations), image: renderScene(scene) };
});
type Case = (typeof cases)[number];

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** A sample as a policy fresh from SFT draws it: the noise of the second stage, which is its training data. */
let honestMedian = 0;
beforeAll(() => {
  const random = randomFrom("honest");
  const totals = Array.from({ length: 240 }, () => {
    const { prompt, scene, chain } = sampleExample(random, SECOND_STAGE_NOISE);
    return scoreShapeworld({ prompt, chainText: chain, forcedBoi: false, image: renderScene(scene) }).total;
  });
  honestMedian = median(totals);
});

function judged(make: (c: Case) => Partial<JudgeSample>) {
  return cases.map((c) =>
    scoreShapeworld({ prompt: c.prompt, chainText: c.chain, forcedBoi: false, image: c.image, ...make(c) }),
  );
}

const namesOf = (c: Case): string[] =>
  c.prompt.objects.map((o) => [o.texture, o.colour, o.shape].filter((word) => word !== undefined).join(" "));
const boxed = (names: string[], boxOf: (index: number) => Box): string =>
  `${names.map((name, index) => formatObject(name, boxOf(index))).join(" and ")}<begin_of_image>`;
const withBoxes = (c: Case, change: (box: string, index: number) => string): string => {
  let index = 0;
  return c.chain.replace(/<\|box_start\|>.*?<\|box_end\|>/g, (box) => change(box, index++));
};

function noiseImage(seed: number): RgbImage {
  const random = randomFrom(seed);
  const image = blankImage(64, 64);
  for (let at = 0; at < image.data.length; at++) image.data[at] = Math.floor(random.next() * 256);
  return image;
}

/** The whole canvas in tiles of the prompt's own colours, or of all of them. */
function mosaic(c: Case, side: number, everything: boolean): RgbImage {
  const image = blankImage(64, 64);
  const all = [
    [220, 40, 40],
    [245, 140, 20],
    [240, 215, 40],
    [40, 165, 60],
    [50, 80, 225],
    [150, 50, 190],
  ];
  const order = ["red", "orange", "yellow", "green", "blue", "purple"];
  const own = everything ? all : c.prompt.objects.map((o) => all[order.indexOf(o.colour ?? "red")]!);
  for (let y = 0; y < 64; y++) {
    for (let x = 0; x < 64; x++) {
      const tile = own[(Math.floor(x / side) + Math.floor(y / side)) % own.length]!;
      image.data.set(tile, (y * 64 + x) * 3);
    }
  }
  return image;
}

/** Every shape of every colour that fits: surely the right objects are among them. */
function everythingDrawn(): RgbImage {
  const shapes = ["circle", "square", "triangle", "cross"] as const;
  const colours = ["red", "orange", "yellow", "green", "blue", "purple"] as const;
  const objects: Scene["objects"][number][] = [];
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      const index = row * 3 + column;
      const [x, y] = [column * 24, row * 24];
      objects.push({
        shape: shapes[index % 4]!,
        colour: colours[index % 6]!,
        texture: "solid",
        box: { x1: x, y1: y, x2: x + 16, y2: y + 16 },
      });
    }
  }
  return renderScene({ objects });
}

describe("cheats score below an honest median sample", () => {
  test("the honest median itself is no low bar", () => {
    expect(honestMedian).toBeGreaterThan(0.3);
    expect(mean(judged(() => ({})).map((s) => s.total))).toBeGreaterThan(0.999);
  });

  const cheats: Record<string, (c: Case) => Partial<JudgeSample>> = {
    "no box": (c) => ({ chainText: withBoxes(c, () => "") }),
    "whole-canvas boxes": (c) => ({
      chainText: withBoxes(c, () => "<|box_start|>(0,0),(999,999)<|box_end|>"),
    }),
    "one whole-canvas box around the words": (c) => ({
      chainText: formatObject(c.prompt.text, { x1: 0, y1: 0, x2: 999, y2: 999 }),
    }),
    "tiny boxes": (c) => ({
      chainText: withBoxes(c, (_, i) => `<|box_start|>(${i * 60},0),(${i * 60 + 16},16)<|box_end|>`),
    }),
    "small boxes inside the objects": (c) => ({
      chainText: withBoxes(c, (box) =>
        box.replace(
          /\((\d+),(\d+)\),\((\d+),(\d+)\)/,
          (_, x, y) => `(${x},${y}),(${Number(x) + 125},${Number(y) + 125})`,
        ),
      ),
    }),
    "fewer boxes than objects": (c) => ({
      chainText: withBoxes(c, (box, index) => (index === 0 ? "" : box)),
    }),
    "every relation stated both ways": (c) => {
      if (c.prompt.relations.length === 0) return { chainText: "" };
      const both = c.prompt.relations.flatMap(({ a, b }) =>
        ["left of", "right of", "above", "below"].map(
          (word) => `the ${namesOf(c)[a]} ${word} the ${namesOf(c)[b]}`,
        ),
      );
      return {
        chainText: c.chain.replace("<begin", `, ${both.join(", ")}<begin`),
        image: renderScene({ objects: c.scene.objects.slice(1) }),
      };
    },
    "all boxes in one place": (c) => ({
      chainText: withBoxes(c, () => "<|box_start|>(250,250),(625,625)<|box_end|>"),
      ...(c.prompt.objects.length === 1 ? { chainText: "" } : {}),
    }),
    "one planned and drawn object for many": (c) => {
      const { shape, colour, texture } = c.scene.objects[0]!;
      if (c.scene.objects.length === 1) return { chainText: "" };
      const one = { shape, colour, texture, box: { x1: 16, y1: 16, x2: 40, y2: 40 } };
      return { chainText: writeChain({ objects: [one] }, []), image: renderScene({ objects: [one] }) };
    },
    "a swapped plan beside the right picture": (c) => {
      const turned = c.scene.objects.map((o, i, all) => ({ ...o, box: all[(i + 1) % all.length]!.box }));
      // Objects that are all alike have no other plan.
      if (new Set(namesOf(c)).size === 1) return { chainText: "" };
      return { chainText: writeChain({ objects: turned }, c.prompt.relations) };
    },
    "coordinates that were never drawn": (c) => ({
      chainText: boxed(namesOf(c), (i) => ({ x1: 250 * i, y1: 750, x2: 250 * i + 249, y2: 999 })),
      image: blankImage(64, 64),
    }),
    "a mosaic of the prompt's colours, coarse": (c) => ({ image: mosaic(c, 16, false) }),
    "a mosaic of all colours, coarse": (c) => ({ image: mosaic(c, 16, true) }),
    "a mosaic of all colours, fine": (c) => ({ image: mosaic(c, 4, true) }),
    "everything at once": () => ({ image: everythingDrawn() }),
    "a blank picture": () => ({ image: blankImage(64, 64) }),
    "a black picture": () => ({ image: blankImage(64, 64, [0, 0, 0]) }),
    "a picture of noise": (c) => ({ image: noiseImage(c.prompt.text.length) }),
    "the prompt's words without objects": (c) => ({ chainText: `${c.prompt.text}<begin_of_image>` }),
    "an empty chain": () => ({ chainText: "", forcedBoi: true }),
    "every colour in every name": (c) => ({
      chainText: c.chain.replaceAll("<|obj_start|>", "<|obj_start|>red orange yellow green blue purple "),
    }),
    "markup without meaning": () => ({ chainText: "<|obj_start|><|obj_end|> <|box_start|>".repeat(200) }),
  };

  for (const [name, make] of Object.entries(cheats)) {
    test(name, () => {
      const scores = judged(make).map((s) => s.total);
      expect(mean(scores)).toBeLessThan(0.6 * honestMedian);
      expect(median(scores)).toBeLessThan(0.6 * honestMedian);
      const worst = Math.max(...scores);
      expect(worst).toBeLessThan(honestMedian);
    });
  }

  test("strict success is fooled by no picture without the objects", () => {
    for (const c of cases) {
      for (const image of [
        blankImage(64, 64),
        mosaic(c, 16, false),
        mosaic(c, 4, true),
        noiseImage(1),
        everythingDrawn(),
      ]) {
        const { strict } = scoreShapeworld({ prompt: c.prompt, chainText: c.chain, forcedBoi: false, image });
        expect(strict).toBe(false);
      }
    }
  });

  test("nor by those pictures gone soft, nor by a wrong picture of any cheat", () => {
    const random = randomFrom("soft cheats");
    for (const c of cases.slice(0, 12)) {
      const ofCheats = Object.values(cheats).flatMap((make) => make(c).image ?? []);
      for (const image of [...ofCheats, noiseImage(2), mosaic(c, 2, false), mosaic(c, 8, true)]) {
        for (const soften of Object.values(SOFTNESSES)) {
          expect(strictSuccess(c.prompt, soften(image, random)).success, c.prompt.text).toBe(false);
        }
      }
    }
  });
});
