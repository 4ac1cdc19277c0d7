import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Box, formatObject, parseChain } from "./index.js";

const coordinate = fc.integer({ min: 0, max: 999 });
const orderedBox: fc.Arbitrary<Box> = fc
  .tuple(
    fc.uniqueArray(coordinate, { minLength: 2, maxLength: 2 }),
    fc.uniqueArray(coordinate, { minLength: 2, maxLength: 2 }),
  )
  .map(([xs, ys]) => ({
    x1: Math.min(...xs),
    y1: Math.min(...ys),
    x2: Math.max(...xs),
    y2: Math.max(...ys),
  }));
const name = fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,3}$/);
const prose = fc.stringMatching(/^[a-z ,.]{0,20}$/);
const scrap = fc.oneof(
  fc.constantFrom(
    "<|obj_start|>",
    "<|obj_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<begin_of_image>",
    "(1,2),(3,4)",
    " ",
  ),
  fc.string({ maxLength: 12 }),
);

const codes = (text: string): string[] => parseChain(text).faults.map((f) => f.code);

describe("parseChain", () => {
  it("reads back every chain that was written", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(prose, name, orderedBox), { maxLength: 6 }), prose, (parts, tail) => {
        const text = parts.map(([before, n, b]) => `${before}${formatObject(n, b)}`).join("") + tail;
        const parsed = parseChain(`${text}<begin_of_image>`);
        expect(parsed.objects).toEqual(parts.map(([, n, box]) => ({ name: n, box })));
        expect(parsed.faults.filter((f) => f.code !== "duplicated-object")).toEqual([]);
      }),
    );
  });

  it("never throws and always gives ordered boxes inside the canvas", () => {
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 40 }), (scraps) => {
        for (const { box } of parseChain(scraps.join("")).objects) {
          if (box === null) continue;
          expect(box.x1).toBeLessThanOrEqual(box.x2);
          expect(box.y1).toBeLessThanOrEqual(box.y2);
          expect(Math.min(...Object.values(box))).toBeGreaterThanOrEqual(0);
          expect(Math.max(...Object.values(box))).toBeLessThanOrEqual(999);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("leaves no marker and no coordinates of a well formed box in the words", () => {
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 40 }), (scraps) => {
        expect(parseChain(scraps.join("")).words).not.toMatch(/<\|(obj|box)_(start|end)\|>|<begin_of_image>/);
      }),
    );
  });

  it("keeps the prose and the names, without boxes", () => {
    const { words } = parseChain(
      `A ${formatObject("red circle", { x1: 125, y1: 250, x2: 375, y2: 500 })} left of a ${formatObject("blue square", { x1: 500, y1: 250, x2: 750, y2: 500 })}, a ${formatObject("green cross", { x1: 0, y1: 0, x2: 125, y2: 125 })} above it<begin_of_image>`,
    );
    expect(words).toBe("A red circle left of a blue square, a green cross above it");
  });

  it("stays quick on long hostile text", () => {
    const started = performance.now();
    parseChain("<|obj_start|>".repeat(30_000) + "<|box_start|>( ".repeat(30_000) + " ".repeat(100_000));
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("faults", () => {
  const box = "<|box_start|>(10,20),(30,40)<|box_end|>";

  it.each([
    ["<|obj_start|>a cat", ["unclosed-object", "object-without-box"]],
    [`<|obj_start|>a cat ${box}`, ["unclosed-object"]],
    [`<|obj_start|><|obj_end|> ${box}`, ["empty-name"]],
    ["<|obj_start|>a cat<|obj_end|> sits", ["object-without-box"]],
    [`a cat ${box}`, ["box-without-object"]],
    [`<|obj_start|>a cat<|obj_end|> sits ${box}`, ["object-without-box", "box-without-object"]],
    ["<|obj_start|>a cat<|obj_end|> <|box_start|>(1,2),(3,4)", ["unclosed-box"]],
    ["<|obj_start|>a cat<|obj_end|> <|box_start|>(1,2),(3)<|box_end|>", ["malformed-box"]],
    ["<|obj_start|>a cat<|obj_end|> <|box_start|>(1,2),(3,4) or so<|box_end|>", ["malformed-box"]],
    ["<|obj_start|>a cat<|obj_end|> <|box_start|>(9,9),(3,4)<|box_end|>", ["corners-out-of-order"]],
    ["<|obj_start|>a cat<|obj_end|> <|box_start|>(-1,2),(3,1000)<|box_end|>", ["out-of-range"]],
    ["<|obj_start|>a cat<|obj_end|> <|box_start|>(1,2),(1,4)<|box_end|>", ["empty-box"]],
    ["a cat<|obj_end|>", ["stray-marker"]],
    [`${box.replace("<|box_start|>", "")}`, ["stray-marker"]],
  ])("%s", (text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  it("orders and clamps what it can repair", () => {
    const { objects } = parseChain("<|obj_start|>a cat<|obj_end|> <|box_start|>(1200,50),(30,-4)<|box_end|>");
    expect(objects).toEqual([{ name: "a cat", box: { x1: 30, y1: 0, x2: 999, y2: 50 } }]);
  });

  it("takes a name that is mentioned again without a box as the same object", () => {
    const parsed = parseChain(
      `<|obj_start|>cat<|obj_end|> ${box} and again the <|obj_start|>cat<|obj_end|> sleeps`,
    );
    expect(parsed.objects).toHaveLength(1);
    expect(parsed.faults).toEqual([]);
    expect(parsed.words).toBe("cat and again the cat sleeps");
  });

  it("does not pair a later box with an earlier name that has none", () => {
    const parsed = parseChain(`<|obj_start|>sky<|obj_end|> over a <|obj_start|>cat<|obj_end|> ${box}`);
    expect(parsed.objects).toEqual([
      { name: "sky", box: null },
      { name: "cat", box: { x1: 10, y1: 20, x2: 30, y2: 40 } },
    ]);
  });

  it("accepts one name at several places, and reports the same place twice", () => {
    const other = "<|box_start|>(50,20),(70,40)<|box_end|>";
    const cat = "<|obj_start|>cat<|obj_end|>";
    expect(codes(`${cat} ${box} and ${cat} ${other}`)).toEqual([]);
    expect(codes(`${cat} ${box} and ${cat} ${box}`)).toEqual(["duplicated-object"]);
  });

  it("stops reading where the image begins", () => {
    expect(parseChain(`one<begin_of_image>two ${box}`)).toEqual({ objects: [], words: "one", faults: [] });
  });
});
