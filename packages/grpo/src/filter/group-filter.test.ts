import { expect, test } from "vitest";
import { judgeGroup } from "./group-filter.js";

test("ties carry no gradient; any difference is kept by default", () => {
  expect(judgeGroup([0, 0, 0])).toEqual({ keep: false, reason: "zero-variance" });
  expect(judgeGroup([0, 0, 1e-9])).toEqual({ keep: true });
  expect(judgeGroup([0, 0.05], { minimumRange: 0.1 })).toEqual({ keep: false, reason: "zero-variance" });
});

test("missing rewards are a reason of their own", () => {
  expect(judgeGroup([null, Number.NaN, 1])).toEqual({ keep: false, reason: "too-many-missing" });
  expect(judgeGroup([null, 1], {})).toEqual({ keep: false, reason: "too-few-samples" });
  expect(judgeGroup([])).toEqual({ keep: false, reason: "too-few-samples" });
  expect(judgeGroup([null, 0, 1])).toEqual({ keep: true });
});
