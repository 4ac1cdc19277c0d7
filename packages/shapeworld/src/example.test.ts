import { formatObject, fromPixels, parseChain } from "@easel/chain";
import { describe, expect, it } from "vitest";
import {
  type Example,
  examplesOf,
  FIRST_STAGE_NOISE,
  type LabelNoise,
  NO_NOISE,
  nameOf,
  type Perturbation,
  promptSet,
  type Random,
  randomFrom,
  readRelations,
  relationHolds,
  type SampledExample,
  ShapeworldError,
  sampleExample,
  sceneOf,
  states,
  writeChain,
} from "./index.js";

const SIZE = { width: 64, height: 64 };

function draw(
  count: number,
  seed: string,
  noise: Partial<LabelNoise>,
  maxObjects: 3 | 4 = 3,
): SampledExample[] {
  const random: Random = randomFrom(seed);
  return Array.from({ length: count }, () =>
    sampleExample(random, { ...NO_NOISE, ...noise }, { maxObjects }),
  );
}

function perturbations(examples: readonly Example[], kind: Perturbation["kind"]): number {
  return examples.reduce((sum, e) => sum + e.perturbed.filter((p) => p.kind === kind).length, 0);
}

/** Objects of a plan by its chain, in its order. */
function planned(example: Example): { name: string; box: string }[] {
  return parseChain(example.chain).objects.map(({ name, box }) => ({ name, box: JSON.stringify(box) }));
}

function drawn(example: Example): { name: string; box: string }[] {
  return example.scene.objects.map((o) => ({
    name: nameOf(o),
    box: JSON.stringify(fromPixels(o.box, SIZE)),
  }));
}

const byBox = (a: { box: string }, b: { box: string }): number => a.box.localeCompare(b.box);

describe("exact examples", () => {
  it("plan and draw what the prompt says, without a fault", () => {
    for (const example of draw(600, "exact", {}, 4)) {
      const { prompt, scene, chain, truth, perturbed } = example;
      expect(perturbed).toEqual([]);
      expect(scene).toEqual(truth);
      expect(prompt.split).toBe("train");
      expect(scene.objects).toHaveLength(prompt.objects.length);
      for (const [index, named] of prompt.objects.entries())
        expect(scene.objects[index]).toMatchObject(named);
      for (const { a, relation, b } of prompt.relations) {
        expect(relationHolds(relation, scene.objects[a]!.box, scene.objects[b]!.box)).toBe(true);
      }
      const parsed = parseChain(chain);
      expect(parsed.faults).toEqual([]);
      expect(chain.endsWith("<begin_of_image>")).toBe(true);
      expect(planned(example).sort(byBox)).toEqual(drawn(example).sort(byBox));
      const read = readRelations(parsed.words);
      expect(read).toHaveLength(prompt.relations.length);
      for (const { a, relation, b } of prompt.relations) {
        expect(read.some((r) => states(r, prompt.objects[a]!, relation, prompt.objects[b]!))).toBe(true);
      }
    }
  });

  it("write the chain in the published form", () => {
    const a = {
      shape: "circle",
      colour: "orange",
      texture: "solid",
      box: { x1: 8, y1: 16, x2: 24, y2: 32 },
    } as const;
    const b = {
      shape: "cross",
      colour: "blue",
      texture: "dotted",
      box: { x1: 40, y1: 16, x2: 64, y2: 40 },
    } as const;
    const one = formatObject("orange circle", { x1: 125, y1: 250, x2: 375, y2: 500 });
    const two = formatObject("dotted blue cross", { x1: 625, y1: 250, x2: 999, y2: 625 });
    const scene = { objects: [a, b] };
    expect(writeChain(scene, [{ a: 0, relation: "left", b: 1 }])).toBe(
      `An ${one} left of a ${two}<begin_of_image>`,
    );
    expect(writeChain(scene, [])).toBe(`An ${one} and a ${two}<begin_of_image>`);
  });

  it("refuse relations that one chain cannot tell, instead of dropping them", () => {
    const box = { x1: 0, y1: 0, x2: 16, y2: 16 };
    const object = { shape: "circle", colour: "red", texture: "solid", box } as const;
    const path = [
      { a: 0, relation: "left", b: 1 },
      { a: 1, relation: "left", b: 2 },
    ] as const;
    expect(() => writeChain({ objects: [object, object, object] }, path)).toThrowError(ShapeworldError);
  });

  it("are a function of the seed", () => {
    expect(draw(20, "same", FIRST_STAGE_NOISE)).toEqual(draw(20, "same", FIRST_STAGE_NOISE));
  });
});

describe("label noise", () => {
  const near = (share: number, wanted: number): void => {
    expect(share).toBeGreaterThan(wanted - 0.03);
    expect(share).toBeLessThan(wanted + 0.03);
  };
  const objects = (examples: readonly Example[]): number =>
    examples.reduce((sum, e) => sum + e.prompt.objects.length, 0);
  const relations = (examples: readonly Example[]): number =>
    examples.reduce((sum, e) => sum + e.prompt.relations.length, 0);

  it("changes attributes in plan and picture alike, at the asked rate", () => {
    const examples = draw(2000, "attribute", { attribute: 0.2 });
    near(perturbations(examples, "attribute") / objects(examples), 0.2);
    for (const example of examples.slice(0, 200)) {
      expect(planned(example).sort(byBox)).toEqual(drawn(example).sort(byBox));
      const wrong = example.scene.objects.filter(
        (o, i) => nameOf(o) !== nameOf(example.truth.objects[i]!),
      ).length;
      expect(wrong).toBe(example.perturbed.length);
    }
  });

  it("ignores relations in the boxes while the chain still states them", () => {
    const examples = draw(3000, "ignored", { relationIgnored: 0.3 });
    near(perturbations(examples, "relation-ignored") / relations(examples), 0.3);
    let violated = 0;
    for (const { prompt, scene, chain, perturbed } of examples) {
      expect(readRelations(parseChain(chain).words)).toHaveLength(prompt.relations.length);
      for (const p of perturbed) {
        if (p.kind !== "relation-ignored") continue;
        const { a, relation, b } = prompt.relations[p.relation]!;
        if (!relationHolds(relation, scene.objects[a]!.box, scene.objects[b]!.box)) violated += 1;
      }
    }
    // A quarter of random placements obey by luck.
    near(violated / perturbations(examples, "relation-ignored"), 0.75);
  });

  it("misstates relations in chain and boxes, and inverted phrasings only where they are inverted", () => {
    const any = draw(1500, "misstated", { relationMisstated: 0.5 });
    near(perturbations(any, "relation-misstated") / relations(any), 0.5);
    const inverted = draw(1500, "inverted", { invertedMislabelled: 1 });
    for (const { prompt, scene, perturbed } of inverted) {
      const misstated = perturbed.flatMap((p) => (p.kind === "relation-misstated" ? [p.relation] : []));
      const told = prompt.relations.flatMap((r, i) => (r.inverted ? [i] : []));
      expect(misstated).toEqual(told);
      for (const [i, { a, relation, b }] of prompt.relations.entries()) {
        const holds = relationHolds(relation, scene.objects[a]!.box, scene.objects[b]!.box);
        expect(holds).toBe(!misstated.includes(i));
      }
    }
  });

  it("miscounts by one, never above three objects and never to none", () => {
    const examples = draw(2000, "count", { count: 0.3 });
    near(perturbations(examples, "count") / examples.length, 0.3);
    for (const example of examples) {
      const [change] = example.perturbed.flatMap((p) => (p.kind === "count" ? [p.change] : []));
      const count = example.scene.objects.length;
      expect(count).toBe(example.prompt.objects.length + (change ?? 0));
      expect(count).toBeGreaterThanOrEqual(1);
      expect(count).toBeLessThanOrEqual(3);
      expect(planned(example)).toHaveLength(count);
    }
  });

  it("shifts objects in the picture by one cell against their planned box", () => {
    const examples = draw(2000, "shift", { shift: 0.15 });
    const done = perturbations(examples, "shift") / objects(examples);
    expect(done).toBeGreaterThan(0.12);
    expect(done).toBeLessThan(0.18);
    for (const example of examples) {
      const boxes = new Set(planned(example).map((p) => p.box));
      const moved = drawn(example).filter((d) => !boxes.has(d.box));
      expect(moved).toHaveLength(example.perturbed.length);
    }
  });

  it("leaves the prompt and the truth exact", () => {
    const all = { ...FIRST_STAGE_NOISE, relationMisstated: 0.5, count: 0.5, attribute: 0.5, shift: 0.5 };
    for (const { prompt, truth } of draw(300, "truth", all, 4)) {
      for (const [index, named] of prompt.objects.entries())
        expect(truth.objects[index]).toMatchObject(named);
      for (const { a, relation, b } of prompt.relations) {
        expect(relationHolds(relation, truth.objects[a]!.box, truth.objects[b]!.box)).toBe(true);
      }
    }
  });
});

describe("examplesOf", () => {
  it("makes one example for each train prompt and refuses held-out ones", () => {
    const prompts = promptSet("train", 12, 1);
    expect([...examplesOf(prompts, randomFrom(1))].map((e) => e.prompt)).toEqual(prompts);
    for (const split of ["dev", "test"] as const) {
      expect(() => [...examplesOf(promptSet(split, 1, 1), randomFrom(1))]).toThrowError(
        /must not be trained on/,
      );
    }
  });

  it("leaves scenes of held-out prompts to be drawn for measuring", () => {
    for (const prompt of promptSet("test", 12, 1)) {
      expect(sceneOf(randomFrom(1), prompt).objects).toHaveLength(prompt.objects.length);
    }
  });
});
