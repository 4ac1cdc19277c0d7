// Widening is exact and narrowing rounds to the nearest 16-bit float, ties to even.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from "./float-narrowing.js";

const ALL_PATTERNS = Uint16Array.from({ length: 65536 }, (_, i) => i);

const formats = [
  { format: "bfloat16", widen: bfloat16ToFloat32, narrow: float32ToBfloat16 },
  { format: "float16", widen: float16ToFloat32, narrow: float32ToFloat16 },
] as const;

describe.each(formats)("$format", ({ widen, narrow }) => {
  it("survives widening and narrowing, for every bit pattern", () => {
    const wide = widen(ALL_PATTERNS);
    const back = narrow(wide);
    for (const pattern of ALL_PATTERNS) {
      if (Number.isNaN(wide[pattern])) expect(widen(back.subarray(pattern, pattern + 1))[0]).toBeNaN();
      else expect(back[pattern]).toBe(pattern);
    }
  });

  it("narrows to the nearest value, and to the even one of two equally near", () => {
    // Neighbouring bit patterns are neighbouring values, so the candidates are the result and the patterns beside it.
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -60000, max: 60000 }), (value) => {
        const [bits = 0] = narrow(Float32Array.of(value));
        const [nearest = 0, below = 0, above = 0] = widen(
          Uint16Array.of(bits, (bits & 0x7fff) === 0 ? bits : bits - 1, bits + 1),
        );
        const error = Math.abs(value - nearest);
        for (const other of [below, above]) {
          if (other === nearest) continue;
          expect(Math.abs(value - other)).toBeGreaterThanOrEqual(error);
          if (Math.abs(value - other) === error) expect(bits % 2).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("special values", () => {
  it("of bfloat16: halfway cases, overflow, NaN with a payload in the lower half", () => {
    const words = Uint32Array.of(0x3f808000, 0x3f818000, 0x7f7fffff, 0x7f800001, 0x80000000);
    expect([...float32ToBfloat16(new Float32Array(words.buffer))]).toEqual([
      0x3f80, 0x3f82, 0x7f80, 0x7fc0, 0x8000,
    ]);
  });

  it("of float16: largest value, first overflow, smallest subnormal and half of it", () => {
    const values = Float32Array.of(65504, 65519, 65520, -1e30, 2 ** -24, 2 ** -25, 3 * 2 ** -25);
    expect([...float32ToFloat16(values)]).toEqual([0x7bff, 0x7bff, 0x7c00, 0xfc00, 1, 0, 2]);
  });
});
