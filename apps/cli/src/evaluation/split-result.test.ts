// From samples to tables: what is compared, what is refused, and that numbers do not depend on their neighbours.
import type { DrawnSamples, EvaluationKey, ModelEvaluation } from "@easel/runs";
import { type PromptSpec, promptSet, randomFrom } from "@easel/shapeworld";
import { type EvaluatedSample, summarise } from "@easel/training";
import { expect, it } from "vitest";
import { notesOf, splitResult } from "./split-result.js";

const key: EvaluationKey = {
  checkpoint: "a".repeat(64),
  policy: null,
  prompts: "b".repeat(64),
  fingerprint: "c".repeat(64),
  rewards: { sem: "1" },
  samplesPerPrompt: 2,
  seed: 1,
  temperature: 1,
  guidanceScale: 1,
  textCap: 60,
  rows: 128,
};

function sample(prompt: PromptSpec, promptIndex: number, total: number): EvaluatedSample {
  return {
    prompt,
    promptIndex,
    chainText: "",
    forcedBoi: false,
    image: { width: 0, height: 0, data: new Uint8Array(0) },
    score: { sem: 1, spa: 1, pi: total, ri: 1, q: 1, total, strict: total > 0.5 },
  };
}

function drawn(level: number, over: Partial<EvaluationKey> = {}, prompts = 24): DrawnSamples {
  const random = randomFrom(`${level}/${over.seed ?? 1}`);
  const samples = promptSet("dev", prompts, 1).flatMap((prompt, index) =>
    [0, 1].map(() => sample(prompt, index, level + (random.next() - 0.5) / 5)),
  );
  return { key: { ...key, ...over }, samples };
}

const ceiling = summarise(drawn(0.9, {}, 6).samples, randomFrom("ceiling"));

function evaluation(name: string, ...ways: DrawnSamples[]): ModelEvaluation {
  return {
    name,
    split: "dev",
    promptSeed: 1,
    ceiling,
    drawn: ways,
  };
}

it("pairs two models by prompt, for every way of drawing, measure and skill", () => {
  const ways = (level: number) => [
    drawn(level),
    drawn(level, { seed: 2 }),
    drawn(level, { guidanceScale: 5 }),
  ];
  const result = splitResult(evaluation("one", ...ways(0.4)), evaluation("two", ...ways(0.6)));
  expect(result.prompts).toBe(24);
  expect(result.temperatures.map(({ seed, guidanceScale }) => [seed, guidanceScale])).toEqual([
    [1, 1],
    [2, 1],
    [1, 5],
  ]);
  for (const { difference, skillDifferences } of result.temperatures) {
    expect(difference?.total.difference).toBeCloseTo(0.2, 1);
    expect(difference?.total.low).toBeGreaterThan(0.1);
    expect(skillDifferences?.spatial?.total.prompts).toBe(4);
  }
});

it("gives the same numbers of a seed whatever else was measured", () => {
  const alone = splitResult(evaluation("one", drawn(0.4)), evaluation("two", drawn(0.6)));
  const among = splitResult(
    evaluation("one", drawn(0.4, { seed: 2 }), drawn(0.4)),
    evaluation("two", drawn(0.6, { seed: 2 }), drawn(0.6)),
  );
  expect(among.temperatures[1]).toEqual(alone.temperatures[0]);
  expect(splitResult(evaluation("one", drawn(0.4)), null).temperatures[0]?.before).toEqual(
    alone.temperatures[0]?.before,
  );
});

it("refuses models that were not measured alike", () => {
  const one = evaluation("one", drawn(0.4));
  expect(() => splitResult(one, evaluation("two", drawn(0.6, { guidanceScale: 5 })))).toThrow(
    /one and two were not measured alike.*guidance \(1 and 5\)/,
  );
});

it("notes chains that ran into the cap", () => {
  const long = drawn(0.4, {}, 120);
  const cut = long.samples.map((one, index) => ({ ...one, forcedBoi: index % 4 === 0 }));
  const one = evaluation("long-winded", drawn(0.4, { seed: 2 }, 120), { ...long, samples: cut });
  expect(notesOf(one, null)).toEqual([
    expect.stringMatching(
      /^25 % of the chains of long-winded at .*seed 1 had not ended after 60 tokens.*--text-cap/,
    ),
  ]);
  const other = evaluation("other", drawn(0.4, { seed: 2 }, 120), drawn(0.4, {}, 120));
  expect(notesOf(other, one)).toHaveLength(1);
});

it("notes few prompts of a skill, other engines and other codecs", () => {
  const one = evaluation("one", drawn(0.4, {}, 120));
  expect(notesOf(one, null)).toEqual([]);
  expect(notesOf(one, evaluation("two", drawn(0.6, {}, 120)))).toEqual([]);
  expect(notesOf(evaluation("few", drawn(0.4, {}, 12)), null).join()).toContain("only 2 prompts");
  const elsewhere = evaluation("two", drawn(0.6, { fingerprint: "d".repeat(64) }));
  expect(notesOf(one, elsewhere).join()).toContain("different engines");
  const codec = { ...elsewhere, ceiling: summarise(drawn(0.7, {}, 6).samples, randomFrom(1)) };
  expect(notesOf(one, codec).join()).toContain("different picture codecs");
});
