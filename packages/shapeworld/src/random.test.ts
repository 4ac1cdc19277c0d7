import { describe, expect, it } from "vitest";
import { randomFrom } from "./index.js";
import { below, shuffled } from "./random.js";

describe("randomFrom", () => {
  it("repeats itself for a seed and differs between seeds and between a number and its text", () => {
    const first = (seed: number | string): number[] => {
      const random = randomFrom(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
    expect(first(1)).not.toEqual(first("1"));
  });

  it("spreads evenly over [0,1)", () => {
    const random = randomFrom("even");
    const bins = new Array<number>(20).fill(0);
    for (let draw = 0; draw < 100_000; draw += 1) bins[below(random, 20)]! += 1;
    // 5,000 expected a bin, standard deviation about 69.
    for (const count of bins) expect(Math.abs(count - 5000)).toBeLessThan(350);
  });

  it("shuffles fairly", () => {
    const random = randomFrom("fair");
    const firsts = [0, 0, 0];
    for (let run = 0; run < 30_000; run += 1) firsts[shuffled(random, [0, 1, 2])[0]!]! += 1;
    for (const count of firsts) expect(Math.abs(count - 10_000)).toBeLessThan(450);
  });
});
