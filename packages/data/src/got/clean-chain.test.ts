import { formatObject, parseChain } from "@easel/chain";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainReason } from "../records/chain-check.js";
import { cleanChain } from "./clean-chain.js";
import { isColour } from "./colour-words.js";

const word = fc.constantFrom("A", "stands", "near", "the", "(left)", "lamp", "7 %", "red");
const name = fc.constantFrom("cup", "red hat", "vase (old)", "Ø-ring");
const side = fc.tuple(fc.nat({ max: 998 }), fc.nat({ max: 998 })).filter(([a, b]) => a !== b);
const object = fc.tuple(name, side, side).map(([called, x, y]) =>
  formatObject(called, {
    x1: Math.min(...x),
    x2: Math.max(...x),
    y1: Math.min(...y),
    y2: Math.max(...y),
  }),
);
const colour = fc.constantFrom("red", "light blue", "Dark-Green", "grey", "hotpink", "blue green");
/** A chain in GoT-R1's form, in pieces: an object with the words after it, which never start with a parenthesis. */
const pieces = fc.array(
  fc.record({ object, colour: fc.option(colour, { nil: null }), words: fc.array(word, { maxLength: 3 }) }),
  { minLength: 1, maxLength: 5 },
);
type Piece = { object: string; colour: string | null; words: string[] };

function chainOf(parts: readonly Piece[], afterBox: (part: Piece) => string): string {
  return parts.map((part) => `${part.object}${afterBox(part)} and ${part.words.join(" ")}.`).join(" ");
}

describe("cleanChain", () => {
  test("leaves a chain in GoT-R1's form as it is", () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const chain = chainOf(parts, () => "");
        expect(cleanChain(chain)).toEqual({ chain, colours: 0, parentheses: 0 });
      }),
    );
  });

  test("takes every colour word after a box away and nothing else", () => {
    fc.assert(
      fc.property(pieces, fc.constantFrom(" ", "", "  ", "\n"), (parts, space) => {
        const coloured = chainOf(parts, (part) => (part.colour === null ? "" : `${space}(${part.colour})`));
        const cleaned = cleanChain(coloured);
        expect(cleaned.chain).toBe(chainOf(parts, () => ""));
        expect(cleaned.colours).toBe(parts.filter((part) => part.colour !== null).length);
      }),
    );
  });

  test("gives spaced boxes GoT-R1's spelling, with the same objects", () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const chain = chainOf(parts, () => "");
        const spaced = chain
          .replaceAll("<|obj_end|> <|box_start|>", "<|obj_end|>\n <|box_start|> ")
          .replace(/\((\d+),(\d+)\),\((\d+),(\d+)\)/g, "( 0$1, $2 ), ($3 ,$4) ");
        const cleaned = cleanChain(`  ${spaced}<begin_of_image> and more`);
        expect(cleaned.chain).toBe(chain);
        expect(parseChain(cleaned.chain)).toEqual(parseChain(chain));
      }),
    );
  });

  test("changes nothing more the second time, whatever the text", () => {
    const scrap = fc.constantFrom(
      "<|obj_start|>",
      "<|obj_end|>",
      "<|box_start|>",
      "<|box_end|>",
      "<begin_of_image>",
      "(red)",
      "(1,2),(3,4)",
      "( 1 ,2 ),",
      "(x)",
      " ",
      "a",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 30 }), (scraps) => {
        const once = cleanChain(scraps.join("")).chain;
        expect(cleanChain(once).chain).toBe(once);
      }),
    );
  });

  test("keeps what is no colour and counts it", () => {
    const box = formatObject("dog", { x1: 1, y1: 2, x2: 3, y2: 4 });
    const kept = `${box} (partly hidden) by ${box} (reddish).`;
    expect(cleanChain(kept)).toEqual({ chain: kept, colours: 0, parentheses: 2 });
    expect(cleanChain(`${box} (red) (old)`)).toEqual({ chain: `${box} (old)`, colours: 1, parentheses: 1 });
  });

  test("does not mend a broken box", () => {
    for (const box of ["(1,2),(3)", "(1.5,2),(3,4)", "(1,2,3,4)", "(-1,2),(3,4)"]) {
      const chain = `<|obj_start|>dog<|obj_end|> <|box_start|>${box}<|box_end|>`;
      expect(cleanChain(chain).chain).toBe(chain);
    }
  });

  test("takes time linear in the text", () => {
    const text = `<|box_end|>${" ".repeat(200_000)}<|box_start|>${"( ".repeat(100_000)}`;
    const started = performance.now();
    cleanChain(text);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("chainReason", () => {
  test("is null for chains in GoT-R1's form", () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(chainReason(chainOf(parts, () => ""))).toBeNull();
      }),
    );
  });

  test.each([
    ["a dog on a lawn", "no-object"],
    ["<|obj_start|>dog<|obj_end|> runs", "object-without-box"],
    ["<|obj_start|>dog<|obj_end|> <|box_start|>(5,2),(3,4)<|box_end|>", "corners-out-of-order"],
    ["<|obj_start|>dog<|obj_end|> <|box_start|>(0,0),(1000,4)<|box_end|>", "out-of-range"],
    ["<|obj_start|>dog<|obj_end|> <|box_start|>(3,0),(3,4)<|box_end|>", "empty-box"],
    ["<|obj_start|>dog<|obj_end|> <|box_start|>(3,0),(4)<|box_end|>", "malformed-box"],
    ["<|obj_start|>dog<|obj_end|> <|box_start|>(3,0),(4,5)", "unclosed-box"],
    ["<|obj_start|> <|obj_end|> <|box_start|>(3,0),(4,5)<|box_end|>", "empty-name"],
    ["<|box_start|>(3,0),(4,5)<|box_end|>", "box-without-object"],
    [
      "<|obj_start|>dog<|obj_end|> <|box_start|>(3,0),(4,5)<|box_end|><begin_of_image>",
      "begin-of-image-inside",
    ],
  ])("%s: %s", (chain, reason) => {
    expect(chainReason(chain)).toBe(reason);
  });
});

test("a colour may have a shade, and is nothing but a colour", () => {
  for (const text of ["red", "Light Blue", "dark-grey", "hotpink", "lightgoldenyellow"]) {
    expect(isColour(text), text).toBe(true);
  }
  for (const text of ["", "dark", "reddish", "red car", "a red", "blue, green", "1 red"]) {
    expect(isColour(text), text).toBe(false);
  }
});
