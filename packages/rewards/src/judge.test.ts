import { blankImage, promptSet, randomFrom, renderScene, sceneOf, writeChain } from "@easel/shapeworld";
import { describe, expect, test } from "vitest";
import {
  isRewardName,
  type JudgeSample,
  measured,
  missing,
  noisyJudge,
  productReward,
  REWARD_NAMES,
  readPromptSpec,
  scoreOf,
  scoreShapeworld,
  shapeworldJudge,
  sumReward,
  totalReward,
} from "./index.js";

const prompt = promptSet("dev", 6, 4)[5]!;
const scene = sceneOf(randomFrom(1), prompt);
const chainText = writeChain(scene, prompt.relations);
const sample: JudgeSample = { prompt, chainText, forcedBoi: false, image: renderScene(scene) };
const digest = "a".repeat(64) as Parameters<typeof scoreOf>[1];

describe("composition", () => {
  const values = { sem: 1, spa: 0.5, pi: 0.8, ri: 0.5, q: 0.9 };

  test("the product is equation 3 with the half, the sum its ablation", () => {
    expect(productReward(values)).toBeCloseTo(0.8 * 0.75 * 0.5 * 0.9, 12);
    expect(sumReward(values)).toBeCloseTo((0.8 + 0.75 + 0.5 + 0.9) / 4, 12);
    expect(productReward({ ...values, ri: 0 })).toBe(0);
    expect(sumReward({ ...values, ri: 0 })).toBeGreaterThan(0.5);
  });

  test("a missing reward makes the total missing, and names itself", () => {
    const judgement = {
      sem: measured(1),
      spa: measured(1),
      pi: missing("answer-refused"),
      ri: measured(0),
      q: measured(1),
    };
    expect(totalReward(judgement)).toEqual({ value: null, missing: ["pi"] });
    expect(totalReward({ sem: measured(1) }).missing).toEqual(["spa", "pi", "ri", "q"]);
    expect(totalReward({ ...judgement, pi: measured(1) })).toEqual({ value: 0, missing: [] });
    expect(totalReward({ ...judgement, pi: measured(1) }, "sum").value).toBeCloseTo(0.75, 12);
  });
});

describe("the shapeworld judge", () => {
  test("agrees with the plain scores, for all rewards or some", async () => {
    const plain = scoreShapeworld(sample);
    const all = await shapeworldJudge().score(sample);
    for (const name of REWARD_NAMES)
      expect(all[name]).toMatchObject({ kind: "measured", value: plain[name] });
    expect(totalReward(all).value).toBe(plain.total);
    const some = await shapeworldJudge(["ri"]).score(sample);
    expect(Object.keys(some)).toEqual(["ri"]);
    expect(some.ri).toEqual(all.ri);
  });

  test("has a version for each reward, and one that tells sets of rewards apart", () => {
    const judge = shapeworldJudge();
    expect(new Set(judge.rewards.map((name) => judge.versionOf(name))).size).toBe(REWARD_NAMES.length);
    expect(judge.version).not.toBe(shapeworldJudge(["pi"]).version);
    expect(judge.version.length).toBeLessThanOrEqual(128);
  });

  test("reports a picture or prompt that it cannot read as missing, not as 0", async () => {
    const small = await shapeworldJudge().score({ ...sample, image: blankImage(32, 32) });
    for (const name of REWARD_NAMES)
      expect(small[name]).toEqual({ kind: "missing", reason: "unreadable-image" });
    const odd = { ...prompt, category: "poetry" } as unknown as JudgeSample["prompt"];
    expect((await shapeworldJudge(["pi"]).score({ ...sample, prompt: odd })).pi).toEqual(
      missing("unreadable-prompt"),
    );
  });

  test("refuses a reward that it does not have", () => {
    expect(isRewardName("hps")).toBe(false);
    expect(() => shapeworldJudge(["hps" as never])).toThrow(/no reward "hps"; choose from sem/);
    expect(() => shapeworldJudge([])).toThrow(/choose from/);
  });
});

test("plain scores of a broken picture or prompt are errors that name the fault", () => {
  expect(() => scoreShapeworld({ ...sample, image: blankImage(8, 8) })).toThrow(/8 x 8 with 192 bytes/);
  const dangling = { ...prompt, relations: [{ a: 0, relation: "left", b: 9, inverted: false }] } as const;
  expect(() => scoreShapeworld({ ...sample, prompt: dangling })).toThrow(/relation 0 does not join/);
});

test("a prompt survives the trip through JSON", () => {
  expect(readPromptSpec(JSON.parse(JSON.stringify(prompt)))).toEqual(prompt);
  for (const wrong of [
    null,
    [],
    {},
    { ...prompt, objects: [] },
    { ...prompt, objects: [{ shape: "star" }] },
  ]) {
    expect(() => readPromptSpec(wrong)).toThrow(/promptSpec/);
  }
});

test("outcomes become score entries that carry the digest of the judged picture", () => {
  expect(scoreOf(measured(0.5, { objects: 0.5 }), digest)).toEqual({
    value: 0.5,
    imageDigest: digest,
    detail: { objects: 0.5 },
  });
  expect(scoreOf(missing("judge-timeout"), digest)).toEqual({
    value: null,
    reason: "judge-timeout",
    imageDigest: digest,
  });
});

describe("a noisy judge", () => {
  const randomOf = (_: JudgeSample, reward: string) => randomFrom(`noise ${reward}`);

  test("says so in its version, stays in [0,1] and repeats itself for equal seeds", async () => {
    const exact = shapeworldJudge();
    const noisy = noisyJudge(exact, { deviation: 0.3, missingRate: 0, randomOf });
    expect(noisy.version).not.toBe(exact.version);
    expect(noisy.versionOf("pi")).not.toBe(exact.versionOf("pi"));
    const first = await noisy.score(sample);
    expect(await noisy.score(sample)).toEqual(first);
    for (const name of REWARD_NAMES) {
      const outcome = first[name];
      if (outcome?.kind !== "measured") throw new Error("missing");
      expect(outcome.value).toBeGreaterThanOrEqual(0);
      expect(outcome.value).toBeLessThanOrEqual(1);
    }
  });

  test("loses answers at its rate", async () => {
    const deaf = noisyJudge(shapeworldJudge(["q"]), { deviation: 0, missingRate: 1, randomOf });
    expect((await deaf.score(sample)).q).toEqual(missing("answer-unparseable"));
  });
});
