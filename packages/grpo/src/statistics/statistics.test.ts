import { expect, test } from "vitest";
import { meanInterval, studentQuantile } from "./mean-interval.js";
import { clusteredMean, pairedBootstrap } from "./paired-bootstrap.js";

/** A linear congruential generator: enough for resampling, the same on every machine. */
function source(seed: number) {
  let state = seed >>> 0;
  return {
    next() {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    },
  };
}

test("quantiles of Student's t match the printed tables", () => {
  const printed: [number, number][] = [
    [1, 12.706],
    [5, 2.571],
    [10, 2.228],
    [11, 2.201],
    [20, 2.086],
    [30, 2.042],
    [120, 1.98],
  ];
  for (const [degrees, value] of printed) expect(studentQuantile(degrees)).toBeCloseTo(value, 3);
});

test("the mean interval of a small sample by hand", () => {
  const { mean, low, high, standardError } = meanInterval([1, 2, 3]);
  expect(mean).toBe(2);
  expect(standardError).toBeCloseTo(1 / Math.sqrt(3), 12);
  expect(high - mean).toBeCloseTo(4.3026527 / Math.sqrt(3), 6);
  expect(mean - low).toBeCloseTo(high - mean, 12);
  expect(meanInterval([5])).toMatchObject({ mean: 5, low: 5, high: 5 });
  expect(meanInterval([])).toMatchObject({ mean: 0, count: 0 });
});

test("the 95 % interval holds the true mean about 95 % of the time", () => {
  const random = source(3);
  let held = 0;
  for (let k = 0; k < 400; k++) {
    const { low, high } = meanInterval(Array.from({ length: 12 }, () => random.next() + random.next()));
    if (low <= 1 && high >= 1) held++;
  }
  expect(held / 400).toBeGreaterThan(0.92);
  expect(held / 400).toBeLessThan(0.98);
});

test("a clear paired gain is found although prompts differ far more than the gain", () => {
  const random = source(1);
  const prompts = Array.from({ length: 60 }, () => {
    const level = random.next();
    return { before: [level, level + 0.02], after: [level + 0.05 + 0.02 * random.next()] };
  });
  const result = pairedBootstrap(prompts, source(2), 500);
  expect(result.low).toBeGreaterThan(0.03);
  expect(result.high).toBeLessThan(0.07);
  expect(result.probabilityBetter).toBe(1);
});

test("copies of one prompt's samples do not narrow the interval", () => {
  const scores = [0.1, 0.9, 0.4, 0.6, 0.2];
  const once = clusteredMean(
    scores.map((s) => [s]),
    source(7),
    500,
  );
  const often = clusteredMean(
    scores.map((s) => Array(50).fill(s)),
    source(7),
    500,
  );
  expect(often.low).toBeCloseTo(once.low, 9);
  expect(often.high).toBeCloseTo(once.high, 9);
});

test("no difference is centred on 0 and counts as a coin toss", () => {
  const prompts = Array.from({ length: 10 }, () => ({ before: [0.5], after: [0.5] }));
  expect(pairedBootstrap(prompts, source(1), 100)).toMatchObject({
    difference: 0,
    low: 0,
    high: 0,
    probabilityBetter: 0.5,
  });
});

test("a prompt scored on one side only is refused", () => {
  expect(() => pairedBootstrap([{ before: [], after: [1] }], source(1))).toThrow(/prompt 0/);
});
