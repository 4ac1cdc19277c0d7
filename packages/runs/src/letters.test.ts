// Names as dots: every pattern is whole, and a text reads from left to right.
import { expect, it } from "vitest";
import { textDots } from "./letters.js";

/** The dots of a text, line by line. */
function shown(text: string): readonly string[] {
  const { dots, width, height } = textDots(text);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_unused, x) =>
      dots.some((dot) => dot.x === x && dot.y === y) ? "x" : ".",
    ).join(""),
  );
}

it("writes letters beside each other, in capitals and without accents", () => {
  expect(shown("Lé")).toEqual([
    "x.....xxxxx",
    "x.....x....",
    "x.....x....",
    "x.....xxxx.",
    "x.....x....",
    "x.....x....",
    "xxxxx.xxxxx",
  ]);
  expect(shown("É")).toEqual(shown("e"));
});

it("has a pattern of its own for every letter, digit and usual sign, and a frame for anything else", () => {
  const known = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-'\".,/&#?"];
  const drawn = [...known, "猫"].map((letter) => shown(letter));
  for (const lines of drawn) {
    expect(lines).toHaveLength(7);
    expect(lines.every((line) => line.length === 5)).toBe(true);
  }
  expect(new Set(drawn.map((lines) => lines.join())).size).toBe(known.length + 1);
  expect(textDots("")).toEqual({ dots: [], width: 0, height: 7 });
  expect(textDots("constructor").dots.length).toBeGreaterThan(0);
});
