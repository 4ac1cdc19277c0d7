// Times of a run that was stopped for a night: what counts and what does not.
import type { MetricsRecord } from "@easel/runs";
import { expect, test } from "vitest";
import { runTimes } from "./run-times.js";

const step = (number: number, atMs: number, elapsedMs: number): MetricsRecord => ({
  kind: "step",
  step: number,
  atMs,
  elapsedMs,
  rewards: {},
  samples: 128,
  tokens: 1000,
  spansMs: { wait: 3000, update: 1000 },
});

test("a run of one start: training is what the limit counts, the total is the wall clock", () => {
  const times = runTimes([step(1, 20_000, 9000), step(2, 24_000, 13_000)], 10_000, 40_000);
  expect(times.steps).toBe(2);
  expect(times.seconds).toEqual({ total: 30, training: 13 });
  expect(times.throughput).toEqual({ samplesPerSecond: 256 / 13, tokensPerSecond: 2000 / 13 });
});

test("the time between two starts does not count, and a step made again counts once", () => {
  const night = 30_000_000;
  const records = [step(1, 20_000, 9000), step(2, 24_000, 13_000), step(2, night + 5000, 14_000)];
  const times = runTimes(records, night, night + 10_000);
  expect(times.seconds).toEqual({ total: 23, training: 14 });
  expect(times.steps).toBe(2);
});

test("a run without a step has no rates", () => {
  const times = runTimes([], 0, 1000);
  expect(times).toEqual({
    steps: 0,
    seconds: { total: 1, training: 0 },
    throughput: { samplesPerSecond: 0, tokensPerSecond: 0 },
  });
});
