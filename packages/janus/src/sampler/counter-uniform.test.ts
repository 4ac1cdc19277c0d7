// Known answers: `kat_vectors` of the Random123 library (philox4x32, 10 rounds).
import { philox4x32 } from "@easel/engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uniformFor } from "./counter-uniform.js";

const word = fc.integer({ min: 0, max: 0xffffffff });

/** The same block function in BigInt arithmetic, written from the paper. */
function slowPhilox(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let c = counter.map(BigInt);
  let k = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c[0]!;
    const p1 = 0xcd9e8d57n * c[2]!;
    c = [(p1 >> 32n) ^ c[1]! ^ k[0]!, p1 & mask, (p0 >> 32n) ^ c[3]! ^ k[1]!, p0 & mask];
    k = [(k[0]! + 0x9e3779b9n) & mask, (k[1]! + 0xbb67ae85n) & mask];
  }
  return c.map(Number);
}

describe("philox4x32", () => {
  it("gives the published known answers", () => {
    const ones = 0xffffffff;
    expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  it("equals the block function in exact arithmetic", () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(philox4x32(counter, key)).toEqual(slowPhilox(counter, key));
      }),
    );
  });
});

describe("uniformFor", () => {
  it("stays in [0,1) and is exact in float32", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.nat(), fc.nat(), (seed, group, sample, position) => {
        const u = uniformFor({ seed, group, sample, position });
        expect(u).toBeGreaterThanOrEqual(0);
        expect(u).toBeLessThan(1);
        expect(Math.fround(u)).toBe(u);
      }),
    );
  });

  it("gives different numbers when any part of the counter differs", () => {
    const seen = new Set<number>();
    for (const seed of [1, 2, 2 ** 33]) {
      for (const group of [0, 1, 2 ** 40]) {
        for (const sample of [0, 1, 2]) {
          for (let position = 0; position < 9; position++) {
            seen.add(uniformFor({ seed, group, sample, position }));
          }
        }
      }
    }
    expect(seen.size).toBe(3 * 3 * 3 * 9);
  });

  it("is spread evenly", () => {
    const bins = new Array<number>(16).fill(0);
    const draws = 16_000;
    for (let sample = 0; sample < draws / 100; sample++) {
      for (let position = 0; position < 100; position++) {
        const bin = Math.floor(uniformFor({ seed: 7, group: 3, sample, position }) * 16);
        bins[bin] = bins[bin]! + 1;
      }
    }
    const expected = draws / 16;
    const chiSquare = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(37.7); // 0.1 % point at 15 degrees of freedom
  });
});
