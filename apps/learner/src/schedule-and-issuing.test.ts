// The learning rate under two limits, admission with an end in sight, and the order of prompts.
import fc from "fast-check";
import { expect, test } from "vitest";
import { groupsToIssue } from "./issuing.js";
import { learningRateAt, runShare } from "./learning-rate.js";
import { promptOrder } from "./prompt-order.js";
import type { LearnerSettings, ScheduleSettings } from "./settings.js";

const schedule: ScheduleSettings = {
  kind: "cosine",
  learningRate: 1,
  floor: 0.1,
  warmupSteps: 4,
  steps: 100,
  maxTimeMs: 1_000,
};

test("the rate warms up by steps, then follows whichever limit is nearer", () => {
  expect(learningRateAt(schedule, 1, 0)).toBe(0.25);
  expect(learningRateAt(schedule, 4, 0)).toBeCloseTo(1);
  const half = learningRateAt(schedule, 52, 0);
  expect(half).toBeCloseTo(0.55, 2);
  // Half of the time is over after few steps: the same rate as after half of the steps.
  expect(learningRateAt(schedule, 10, 520)).toBeCloseTo(half, 10);
  expect(learningRateAt(schedule, 10, 5_000)).toBeCloseTo(0.1);
  expect(learningRateAt({ ...schedule, kind: "constant" }, 90, 900)).toBe(1);
});

test("the rate stays within (0, peak] and the share within [0, 1], whatever steps and time are", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 5_000 }), (step, elapsedMs) => {
      const rate = learningRateAt(schedule, step, elapsedMs);
      expect(rate).toBeGreaterThan(0);
      expect(rate).toBeLessThanOrEqual(1);
      expect(runShare(schedule, step, elapsedMs)).toBeLessThanOrEqual(1);
    }),
  );
});

test("no more groups are issued than the remaining steps can train", () => {
  const settings = { batchGroups: 8, concurrency: 64, maxStaleness: 1, schedule: { ...schedule, steps: 3 } };
  const issue = (step: number, running: number, accepted: number): number =>
    groupsToIssue(settings as LearnerSettings, step, { running, accepted });
  expect(issue(0, 0, 0)).toBe(16);
  expect(issue(1, 8, 8)).toBe(8);
  expect(issue(2, 8, 16)).toBe(0);
  // A dropped group gave its slot back.
  expect(issue(2, 7, 16)).toBe(1);
});

test("each pass has every prompt once, passes differ, and the order is a function of the seed", () => {
  const order = promptOrder(10, 1);
  const pass = (number: number): number[] => Array.from({ length: 10 }, (_, i) => order(number * 10 + i + 1));
  const first = pass(0);
  expect([...first].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(pass(1)).not.toEqual(first);
  expect(pass(0)).toEqual(first);
  expect(
    promptOrder(10, 2)(1) === order(1) &&
      promptOrder(10, 2)(2) === order(2) &&
      promptOrder(10, 2)(3) === order(3),
  ).toBe(false);
});
