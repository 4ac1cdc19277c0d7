import fc from "fast-check";
import { expect, it } from "vitest";
import { drawWays } from "./draw-ways.js";

it("draws every seed at every temperature under every guidance scale once, and greedily from one seed only", () => {
  const temperature = fc.constantFrom(0, 0.5, 1, 1.5);
  fc.assert(
    fc.property(
      fc.uniqueArray(temperature, { minLength: 1 }),
      fc.uniqueArray(fc.constantFrom(1, 2, 5), { minLength: 1 }),
      fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 4 }),
      (temperatures, guidanceScales, seeds) => {
        const ways = drawWays(temperatures, guidanceScales, seeds);
        expect(new Set(ways.map((way) => JSON.stringify(way))).size).toBe(ways.length);
        const sampled = temperatures.filter((one) => one > 0).length * seeds.length;
        const greedy = temperatures.includes(0) ? 1 : 0;
        expect(ways).toHaveLength(guidanceScales.length * (sampled + greedy));
        expect(ways.filter((way) => way.temperature === 0).every(({ seed }) => seed === seeds[0])).toBe(true);
      },
    ),
  );
});
