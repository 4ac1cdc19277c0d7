// A resumed run keeps its settings, takes new limits, and says which setting it cannot take.
import { compileRunConfig } from "@easel/config";
import { expect, test } from "vitest";
import { resumedSettings } from "./resumed-settings.js";

const beganWith = [
  "learner.steps=8",
  "learner.maxTime=10 min",
  "grpo.groupSize=4",
  "bus.lease=2s",
  "run.name=old",
];
const began = compileRunConfig({ sets: beganWith });

function resumed(sets: readonly string[]): typeof began {
  return resumedSettings(began, compileRunConfig({ sets }), sets);
}

test("without settings, or with those that it has, a run is as it began", () => {
  expect(resumed([])).toBe(began);
  expect(resumed(["grpo.groupSize=4", "bus.lease=2000ms", "run.dir=elsewhere", "run.name=new"])).toBe(began);
});

test("limits are taken, and nothing else changes", () => {
  const { learner, ...rest } = resumed(["learner.steps=20", "learner.maxTime=null"]);
  expect(learner).toEqual({ ...began.learner, steps: 20, maxTimeMs: null });
  expect({ ...rest, learner: began.learner }).toEqual(began);
});

test.each(["grpo.groupSize=8", "learner.learningRate=0.1", "run.seed=2", "bus.lease=3s"])(
  "%s is refused by name",
  (set) => {
    expect(() => resumed([set])).toThrow(expect.objectContaining({ code: "EASEL_TRAIN_SETTING_FIXED" }));
    expect(() => resumed([set])).toThrow(set);
  },
);
