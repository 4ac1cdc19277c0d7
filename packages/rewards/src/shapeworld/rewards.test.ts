// Each reward alone: what raises it, what lowers it, and that it looks only at what its rubric says.
import {
  blankImage,
  promptSet,
  randomFrom,
  renderScene,
  type Scene,
  type SceneObject,
  sceneOf,
  writeChain,
} from "@easel/shapeworld";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type JudgeSample,
  judgeShapeworld,
  REWARD_NAMES,
  type RewardName,
  scoreShapeworld,
} from "../index.js";

const red: SceneObject = {
  colour: "red",
  shape: "circle",
  texture: "solid",
  box: { x1: 0, y1: 16, x2: 24, y2: 40 },
};
const blue: SceneObject = {
  colour: "blue",
  shape: "square",
  texture: "solid",
  box: { x1: 40, y1: 16, x2: 56, y2: 32 },
};
const scene: Scene = { objects: [red, blue] };
const honest: JudgeSample = {
  prompt: {
    category: "spatial",
    text: "a red circle left of a blue square",
    objects: [
      { colour: "red", shape: "circle" },
      { colour: "blue", shape: "square" },
    ],
    relations: [{ a: 0, relation: "left", b: 1, inverted: false }],
    key: "",
    split: "dev",
  },
  chainText: writeChain(scene, [{ a: 0, relation: "left", b: 1 }]),
  forcedBoi: false,
  image: renderScene(scene),
};

function score(reward: RewardName, change: Partial<JudgeSample> = {}): number {
  const outcome = judgeShapeworld({ ...honest, ...change }, [reward])[reward];
  return outcome?.kind === "measured" ? outcome.value : Number.NaN;
}
const chain = (objects: SceneObject[], relations = [{ a: 0, relation: "left" as const, b: 1 }]) =>
  writeChain({ objects }, relations);
const drawn = (...objects: SceneObject[]) => renderScene({ objects });

describe("every reward", () => {
  test("is 1 for an honest sample of any prompt", () => {
    for (const [index, prompt] of promptSet("dev", 60, 2, { maxObjects: 4 }).entries()) {
      const scene = sceneOf(randomFrom(index), prompt);
      const chainText = writeChain(scene, prompt.relations);
      const scores = scoreShapeworld({ prompt, chainText, forcedBoi: false, image: renderScene(scene) });
      for (const name of REWARD_NAMES) expect(scores[name], `${name}: ${prompt.text}`).toBeCloseTo(1, 9);
      expect(scores.strict, prompt.text).toBe(true);
    }
  });

  test("stays in [0,1] for any chain and any picture", () => {
    const piece = fc.constantFrom(
      "<|obj_start|>",
      "<|obj_end|>",
      "<|box_start|>",
      "<|box_end|>",
      "(125,250),(375,500)",
      "(0,0),(999,999)",
      "red",
      "circle",
      "left of",
      "blue square",
      " a ",
      "(9,-1),(1",
      "<begin_of_image>",
      "it",
      ",",
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(
        text,
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.integer(),
        fc.integer({ min: 1, max: 32 }),
        (a, b, seed, step) => {
          const random = randomFrom(seed);
          const image = blankImage(64, 64);
          for (let at = 0; at < image.data.length; at += step)
            image.data[at] = Math.floor(random.next() * 256);
          const scores = scoreShapeworld({ ...honest, chainText: a + b, image });
          for (const value of [...REWARD_NAMES.map((name) => scores[name]), scores.total]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("sem", () => {
  test("does not look at boxes or at the picture", () => {
    const elsewhere = { ...blue, box: { x1: 0, y1: 0, x2: 16, y2: 16 } };
    expect(score("sem", { chainText: chain([red, elsewhere]), image: blankImage(64, 64) })).toBe(1);
  });

  test("accepts the inverse form of a relation", () => {
    expect(
      score("sem", { chainText: chain([blue, red], [{ a: 0, relation: "right" as never, b: 1 }]) }),
    ).toBe(1);
  });

  test("halves for a relation that is not stated, wrong, or stated both ways", () => {
    expect(score("sem", { chainText: writeChain(scene, []) })).toBe(0.5);
    expect(
      score("sem", { chainText: chain([red, blue], [{ a: 0, relation: "above" as never, b: 1 }]) }),
    ).toBe(0.5);
    const both = honest.chainText.replace("<begin", ", the red circle right of the blue square<begin");
    expect(score("sem", { chainText: both })).toBe(0.5);
  });

  test("costs wrong attributes, surplus objects, faults and a forced begin-of-image", () => {
    expect(score("sem", { chainText: chain([{ ...red, colour: "green" }, blue]) })).toBeLessThan(0.8);
    const third = { ...red, shape: "cross" as const, box: { x1: 0, y1: 48, x2: 16, y2: 64 } };
    expect(score("sem", { chainText: chain([red, blue, third]) })).toBeCloseTo(2 / 3, 12);
    expect(score("sem", { forcedBoi: true })).toBeCloseTo(0.8, 12);
    expect(score("sem", { chainText: `<|box_end|>${honest.chainText}` })).toBeCloseTo(0.8, 12);
  });

  test("gives hedged names and bare words nothing", () => {
    expect(score("sem", { chainText: honest.prompt.text })).toBe(0);
    expect(
      score("sem", { chainText: honest.chainText.replace("red circle", "red green circle") }),
    ).toBeLessThan(0.8);
  });
});

describe("spa", () => {
  test("does not look at words or at the picture", () => {
    expect(score("spa", { chainText: writeChain(scene, []), image: blankImage(64, 64) })).toBe(1);
  });

  test("falls as the layout turns away from the relation, to 0", () => {
    const angles = [0, 16, 24, 32].map((down) => {
      const moved = { ...blue, box: { x1: 24, y1: 16 + down, x2: 40, y2: 32 + down } };
      return score("spa", { chainText: chain([{ ...red, box: { x1: 0, y1: 16, x2: 16, y2: 32 } }, moved]) });
    });
    expect(angles[0]).toBe(1);
    expect(angles[3]).toBeLessThan(1);
    for (let i = 1; i < angles.length; i++) expect(angles[i]!).toBeLessThanOrEqual(angles[i - 1]!);
    expect(
      score("spa", {
        chainText: chain([
          { ...red, box: blue.box },
          { ...blue, box: red.box },
        ]),
      }),
    ).toBe(0);
  });

  test("costs missing, overlapping, tiny and canvas-wide boxes", () => {
    expect(score("spa", { chainText: chain([red], []) })).toBe(0);
    expect(score("spa", { chainText: "" })).toBe(0);
    const near = { ...blue, box: { x1: 8, y1: 16, x2: 32, y2: 40 } };
    expect(score("spa", { chainText: chain([red, near]) })).toBeLessThan(0.1);
    expect(
      score("spa", { chainText: chain([red, { ...blue, box: { x1: 40, y1: 16, x2: 44, y2: 20 } }]) }),
    ).toBe(0);
  });
});

describe("pi", () => {
  test("does not look at the plan", () => {
    expect(score("pi", { chainText: "" })).toBe(1);
  });

  test("halves for a wrong relation, and costs wrong and surplus objects", () => {
    expect(
      score("pi", {
        image: drawn(
          { ...red, box: { x1: 40, y1: 16, x2: 64, y2: 40 } },
          { ...blue, box: { x1: 0, y1: 16, x2: 16, y2: 32 } },
        ),
      }),
    ).toBe(0.5);
    expect(score("pi", { image: drawn({ ...red, shape: "cross" }, blue) })).toBeCloseTo(0.75 * 0.75, 12);
    const third = { ...red, box: { x1: 0, y1: 48, x2: 16, y2: 64 } };
    expect(score("pi", { image: drawn(red, blue, third) })).toBeCloseTo(2 / 3, 12);
    expect(score("pi", { image: blankImage(64, 64) })).toBe(0);
  });
});

describe("ri", () => {
  test("does not look at the prompt", () => {
    const other = { ...honest.prompt, objects: [{ colour: "green" as const }], relations: [] };
    expect(score("ri", { prompt: other })).toBe(1);
  });

  test("falls as an object leaves its planned box", () => {
    const values = [0, 8, 16].map((right) => {
      const moved = { ...blue, box: { x1: 40 + right, y1: 16, x2: 56 + right, y2: 32 } };
      return score("ri", { image: drawn(red, moved) });
    });
    expect(values[0]).toBe(1);
    expect(values[1]).toBeCloseTo(0.5 + 0.5 / 3, 9);
    expect(values[2]).toBeLessThan(values[1]!);
  });

  test("costs another colour, a planned object that was not drawn, and one without a box", () => {
    expect(score("ri", { image: drawn(red, { ...blue, colour: "green" }) })).toBeCloseTo(0.75, 9);
    expect(score("ri", { image: drawn(red) })).toBeCloseTo(0.5, 9);
    expect(
      score("ri", { chainText: honest.chainText.replace(/<\|box_start\|>[^<]*<\|box_end\|>/, "") }),
    ).toBeCloseTo(0.5, 9);
    expect(score("ri", { chainText: "" })).toBe(0);
  });

  test("matches alike objects one to one", () => {
    const twin = { ...red, box: { x1: 40, y1: 16, x2: 64, y2: 40 } };
    expect(score("ri", { chainText: chain([red, twin], []), image: drawn(red, twin) })).toBe(1);
    expect(score("ri", { chainText: chain([red, twin], []), image: drawn(red) })).toBeCloseTo(0.5, 9);
  });
});

describe("q", () => {
  test("looks at the picture alone", () => {
    expect(
      score("q", {
        chainText: "",
        prompt: { ...honest.prompt, objects: [{ shape: "cross" }], relations: [] },
      }),
    ).toBe(1);
  });

  test("falls with dirt, step by step, and is never a constant", () => {
    const values = [0, 40, 160, 640].map((dirt) => {
      const random = randomFrom(dirt);
      const image = renderScene(scene);
      for (let i = 0; i < dirt; i++) image.data[Math.floor(random.next() * image.data.length)] = 60;
      return score("q", { image });
    });
    expect(values[0]).toBe(1);
    for (let i = 1; i < values.length; i++) expect(values[i]!).toBeLessThan(values[i - 1]!);
    expect(score("q", { image: blankImage(64, 64) })).toBe(0);
  });

  test("of a slightly noisy picture stays high, of a fuzzy one does not", () => {
    const jitter = (amount: number) => {
      const random = randomFrom("jitter");
      const image = renderScene(scene);
      for (let at = 0; at < image.data.length; at++) {
        image.data[at] = Math.min(255, Math.max(0, image.data[at]! + amount * (2 * random.next() - 1)));
      }
      return image;
    };
    expect(score("q", { image: jitter(6) })).toBeGreaterThan(0.85);
    expect(score("q", { image: jitter(80) })).toBeLessThan(0.6);
  });
});
