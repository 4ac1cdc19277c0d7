// Writes the boxed objects of a chain. The prose around them is the caller's.
import { type Box, MAX_COORDINATE } from "./box.js";
import { ChainError } from "./errors.js";
import { BEGIN_OF_IMAGE, BOX_END, BOX_START, OBJ_END, OBJ_START } from "./markup.js";

/**
 * A box with its markers, `<|box_start|>(x1,y1),(x2,y2)<|box_end|>`, without any space inside.
 *
 * @throws ChainError `EASEL_CHAIN_BAD_BOX` when a coordinate is not an integer in `[0,999]` or corners are out of order.
 */
export function formatBox(box: Box): string {
  const values = [box.x1, box.y1, box.x2, box.y2];
  const inRange = values.every((v) => Number.isInteger(v) && v >= 0 && v <= MAX_COORDINATE);
  if (!inRange || box.x1 > box.x2 || box.y1 > box.y2) {
    throw new ChainError(
      "EASEL_CHAIN_BAD_BOX",
      `box (${values.join(",")}) cannot be written: use integers in [0,999], top-left corner first (see orderCorners and clampBox)`,
    );
  }
  return `${BOX_START}(${box.x1},${box.y1}),(${box.x2},${box.y2})${BOX_END}`;
}

/**
 * A named box as GoT-R1 writes it: `<|obj_start|>NAME<|obj_end|> <|box_start|>(x1,y1),(x2,y2)<|box_end|>`,
 * with exactly one space between name and box.
 *
 * @throws ChainError `EASEL_CHAIN_BAD_NAME` for an empty name or one with markup in it; `EASEL_CHAIN_BAD_BOX` as `formatBox`.
 */
export function formatObject(name: string, box: Box): string {
  const markup = [OBJ_START, OBJ_END, BOX_START, BOX_END, BEGIN_OF_IMAGE].some((m) => name.includes(m));
  if (name.trim() === "" || markup) {
    throw new ChainError(
      "EASEL_CHAIN_BAD_NAME",
      `object name ${JSON.stringify(name)} cannot be written: pass a name with words and without chain markers`,
    );
  }
  return `${OBJ_START}${name}${OBJ_END} ${formatBox(box)}`;
}
