// Chains of any GoT release in the form that GoT-R1 writes. Repairs spelling only: what is wrong with a chain stays wrong, for
// the check after it.
import { BEGIN_OF_IMAGE, BOX_END, BOX_START, OBJ_END } from "@easel/chain";
import { isColour } from "./colour-words.js";

/** A cleaned chain with what was done to it. */
export type CleanedChain = {
  readonly chain: string;
  /** Colour words taken away after boxes. */
  readonly colours: number;
  /** Parentheses after boxes that stayed, because what they hold is no colour. */
  readonly parentheses: number;
};

const literal = (marker: string): string => marker.replace(/[|<>]/g, "\\$&");
const number = "\\s*(\\d{1,9})\\s*";
const corner = `\\(${number},${number}\\)`;
const SPACED_BOX = new RegExp(
  `${literal(BOX_START)}\\s*${corner}\\s*,\\s*${corner}\\s*${literal(BOX_END)}`,
  "g",
);
const NAME_AND_BOX = new RegExp(`${literal(OBJ_END)}\\s*${literal(BOX_START)}`, "g");
const BOX_AND_PARENTHESIS = new RegExp(`${literal(BOX_END)}\\s*\\(([^()<>]{1,60})\\)`, "g");

/**
 * Brings a chain into GoT-R1's form: cut at `<begin_of_image>`, exactly one space between name and box, no spaces and no
 * leading zeros in a box, no colour word in parentheses after a box, no white space around the whole. Cleaning twice changes
 * nothing more.
 */
export function cleanChain(text: string): CleanedChain {
  const end = text.indexOf(BEGIN_OF_IMAGE);
  let chain = (end < 0 ? text : text.slice(0, end))
    .replace(SPACED_BOX, (_whole, ...corners: readonly string[]) => {
      const [x1, y1, x2, y2] = corners.slice(0, 4).map(Number);
      return `${BOX_START}(${x1},${y1}),(${x2},${y2})${BOX_END}`;
    })
    .replace(NAME_AND_BOX, `${OBJ_END} ${BOX_START}`);
  let colours = 0;
  let parentheses = 0;
  // A second colour stands after the box only when the first is gone.
  for (let before = ""; before !== chain; ) {
    before = chain;
    parentheses = 0;
    chain = chain.replace(BOX_AND_PARENTHESIS, (whole: string, inside: string) => {
      if (!isColour(inside)) {
        parentheses += 1;
        return whole;
      }
      colours += 1;
      return BOX_END;
    });
  }
  return { chain: chain.trim(), colours, parentheses };
}
