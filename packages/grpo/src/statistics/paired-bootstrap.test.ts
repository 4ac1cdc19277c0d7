// Properties of the paired bootstrap clustered by prompt, against a plain paired bootstrap written here without clusters.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type PairedPrompt, pairedBootstrap } from "./paired-bootstrap.js";

/** A linear congruential generator, the same on every machine. */
function source(seed: number) {
  let state = seed >>> 0;
  return {
    next() {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    },
  };
}

/** Resamples the pairs themselves: what the clustered one must equal with one image a prompt, and must not be otherwise. */
function plainPairedBootstrap(
  pairs: readonly (readonly [number, number])[],
  seed: number,
  resamples: number,
): { readonly low: number; readonly high: number } {
  const random = source(seed);
  const means: number[] = [];
  for (let k = 0; k < resamples; k++) {
    const drawn = pairs.map(() => pairs[Math.floor(random.next() * pairs.length)] ?? [0, 0]);
    means.push(drawn.reduce((sum, [before, after]) => sum + after - before, 0) / pairs.length);
  }
  means.sort((a, b) => a - b);
  const quantile = (share: number): number => {
    const position = share * (means.length - 1);
    const [below = 0, above = 0] = [means[Math.floor(position)], means[Math.ceil(position)]];
    return below + (position % 1) * (above - below);
  };
  return { low: quantile(0.025), high: quantile(0.975) };
}

/** Each pair `copies` times, taken as if every copy were a prompt of its own. */
function unclustered(prompts: readonly PairedPrompt[]): (readonly [number, number])[] {
  return prompts.flatMap(({ before, after }) =>
    before.map((score, index) => [score, after[index] ?? Number.NaN] as const),
  );
}

const score = fc.double({ min: 0, max: 1, noNaN: true });
const pair = fc.tuple(score, score);
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const resamples = 200;
const width = ({ low, high }: { readonly low: number; readonly high: number }): number => high - low;
const copied = (pairs: readonly (readonly [number, number])[], copies: number): PairedPrompt[] =>
  pairs.map(([before, after]) => ({
    before: Array<number>(copies).fill(before),
    after: Array<number>(copies).fill(after),
  }));

test("with one image a prompt it is the plain paired bootstrap", () => {
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 40 }), seeds, (pairs, seed) => {
      const clustered = pairedBootstrap(copied(pairs, 1), source(seed), resamples);
      const plain = plainPairedBootstrap(pairs, seed, resamples);
      expect(clustered.low).toBeCloseTo(plain.low, 12);
      expect(clustered.high).toBeCloseTo(plain.high, 12);
    }),
    { numRuns: 60 },
  );
});

test("copies of each prompt's images change nothing: the cluster is the unit", () => {
  fc.assert(
    fc.property(
      fc.array(pair, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 2, max: 12 }),
      seeds,
      (pairs, copies, seed) => {
        const once = pairedBootstrap(copied(pairs, 1), source(seed), resamples);
        const often = pairedBootstrap(copied(pairs, copies), source(seed), resamples);
        expect(often.difference).toBeCloseTo(once.difference, 12);
        expect(often.low).toBeCloseTo(once.low, 12);
        expect(often.high).toBeCloseTo(once.high, 12);
        expect(often.prompts).toBe(pairs.length);
      },
    ),
    { numRuns: 60 },
  );
});

test("control: resampling images as if they were prompts narrows the interval by the root of their number", () => {
  const copies = 9;
  const random = source(5);
  const pairs = Array.from({ length: 40 }, () => [random.next(), random.next()] as const);
  const prompts = copied(pairs, copies);
  const clustered = width(pairedBootstrap(prompts, source(1), 2000));
  const falsely = width(plainPairedBootstrap(unclustered(prompts), 1, 2000));
  expect(falsely / clustered).toBeGreaterThan(0.28);
  expect(falsely / clustered).toBeLessThan(0.39);
});

test("images of one prompt that agree only in part narrow it less than independent ones would", () => {
  const random = source(11);
  const images = 8;
  // The prompt decides one half of the score, the draw the other.
  const prompts = Array.from({ length: 60 }, () => {
    const gain = random.next() - 0.5;
    const scores = (shift: number): number[] =>
      Array.from({ length: images }, () => shift + random.next() - 0.5);
    return { before: scores(0), after: scores(gain) };
  });
  const clustered = width(pairedBootstrap(prompts, source(2), 2000));
  const one = width(
    pairedBootstrap(
      prompts.map(({ before, after }) => ({ before: before.slice(0, 1), after: after.slice(0, 1) })),
      source(2),
      2000,
    ),
  );
  const falsely = width(plainPairedBootstrap(unclustered(prompts), 2, 2000));
  expect(clustered).toBeLessThan(one);
  expect(clustered).toBeGreaterThan(1.3 * falsely);
});

test("every prompt weighs the same, however many images it has", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(score, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 20 }),
      fc.double({ min: -0.5, max: 0.5, noNaN: true }),
      seeds,
      (levels, gain, seed) => {
        const prompts = levels.map((before) => ({ before, after: before.map((value) => value + gain) }));
        const result = pairedBootstrap(prompts, source(seed), 50);
        expect(result.difference).toBeCloseTo(gain, 10);
        expect(width(result)).toBeLessThan(1e-10);
      },
    ),
    { numRuns: 60 },
  );
});
