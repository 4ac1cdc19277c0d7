import { describe, expect, it } from "vitest";
import { ChainError, formatBox, formatObject } from "./index.js";

const box = { x1: 36, y1: 66, x2: 907, y2: 694 };

describe("formatObject", () => {
  it("writes the form of the published GoT-R1 chains", () => {
    expect(formatObject("yellow vase", box)).toBe(
      "<|obj_start|>yellow vase<|obj_end|> <|box_start|>(36,66),(907,694)<|box_end|>",
    );
  });

  it.each(["", "  ", "a <|obj_end|>", "x<begin_of_image>"])("refuses the name %j", (name) => {
    expect(() => formatObject(name, box)).toThrowError(ChainError);
  });

  it.each([
    { ...box, x1: 1000 },
    { ...box, x1: -1 },
    { ...box, x1: 1.5 },
    { ...box, x1: Number.NaN },
    { ...box, x1: 950 },
  ])("refuses the box %j and says what to do", (wrong) => {
    expect(() => formatBox(wrong)).toThrowError(/integers in \[0,999\]/);
  });
});
