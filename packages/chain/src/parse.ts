// Reads a GoT chain into named boxes, prose and faults. Tolerant: any text gives a result, nothing is judged here.
import { type Box, clampBox, orderCorners, sameBox } from "./box.js";
import { BEGIN_OF_IMAGE, BOX_END, BOX_START, type Marker, OBJ_END, OBJ_START } from "./markup.js";

/** An object the chain names; `box` is null when no readable box follows the name directly. */
export type ChainObject = { readonly name: string; readonly box: Box | null };

/**
 * What is wrong with a chain.
 *
 * | code | meaning |
 * |---|---|
 * | `unclosed-object` | a name without its end marker; the name ends at the next marker |
 * | `empty-name` | a name without any character |
 * | `object-without-box` | a name that gets no box anywhere in the chain |
 * | `box-without-object` | a box with no name directly before it; the box is left out |
 * | `unclosed-box` | a box without its end marker |
 * | `malformed-box` | not four integers in the form `(x1,y1),(x2,y2)`; the object keeps no box |
 * | `corners-out-of-order` | corners were swapped so that the first is the top left |
 * | `out-of-range` | a coordinate was clamped to `[0,999]` |
 * | `empty-box` | a box with an empty side |
 * | `duplicated-object` | the same name with the same box a second time; both stay in `objects` |
 * | `stray-marker` | an end marker that ends nothing |
 */
export type ChainFaultCode =
  | "unclosed-object"
  | "empty-name"
  | "object-without-box"
  | "box-without-object"
  | "unclosed-box"
  | "malformed-box"
  | "corners-out-of-order"
  | "out-of-range"
  | "empty-box"
  | "duplicated-object"
  | "stray-marker";

/** One fault; `at` is the offset in the text (UTF-16 units) where it was noticed. */
export type ChainFault = { readonly code: ChainFaultCode; readonly at: number };

/**
 * A chain as read. `objects` are in order of appearance; a name repeated without a box in prose is not a second object.
 * `words` is the prose with boxes and markers removed and names kept (what R_sem judges), white space collapsed.
 */
export type ParsedChain = {
  readonly objects: readonly ChainObject[];
  readonly words: string;
  readonly faults: readonly ChainFault[];
};

type Named = {
  readonly name: string;
  readonly at: number;
  readonly box: Box | null;
  readonly tried: boolean;
};
type State = {
  readonly text: string;
  readonly named: Named[];
  readonly faults: ChainFault[];
  readonly prose: string[];
  /** A name that may still get its box: only white space has come since. */
  waiting: { readonly name: string; readonly at: number } | null;
};

const MARKER = /<\|(?:obj|box)_(?:start|end)\|>|<begin_of_image>/g;
const FOUR_NUMBERS =
  /^\s*\(\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*\)\s*,\s*\(\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*\)\s*/;

/**
 * Reads a chain. Reading stops at `<begin_of_image>`. Linear in the length of the text and never throws.
 */
export function parseChain(text: string): ParsedChain {
  const end = text.indexOf(BEGIN_OF_IMAGE);
  const chain = end < 0 ? text : text.slice(0, end);
  const state: State = { text: chain, named: [], faults: [], prose: [], waiting: null };
  const markers = [...chain.matchAll(MARKER)].map((m) => ({ marker: m[0] as Marker, at: m.index }));
  readProse(state, 0, markers[0]?.at ?? chain.length);
  let open = false;
  for (const [index, { marker, at }] of markers.entries()) {
    const from = at + marker.length;
    const next = markers[index + 1];
    const to = next?.at ?? chain.length;
    if (marker === OBJ_START) {
      readName(state, at, from, to, next?.marker === OBJ_END);
      open = next?.marker === OBJ_END;
    } else if (marker === BOX_START) {
      readBox(state, at, from, to, next?.marker === BOX_END);
      open = next?.marker === BOX_END;
    } else {
      if (!open) state.faults.push({ code: "stray-marker", at });
      open = false;
      readProse(state, from, to);
    }
  }
  settleWaiting(state);
  return finish(state);
}

function readName(state: State, at: number, from: number, to: number, closed: boolean): void {
  settleWaiting(state);
  const name = state.text.slice(from, to).trim().replace(/\s+/g, " ");
  if (!closed) state.faults.push({ code: "unclosed-object", at });
  if (name === "") state.faults.push({ code: "empty-name", at });
  state.prose.push(state.text.slice(from, to));
  state.waiting = { name, at };
}

function readBox(state: State, at: number, from: number, to: number, closed: boolean): void {
  const inside = state.text.slice(from, to);
  const match = FOUR_NUMBERS.exec(inside);
  const rest = match === null ? inside : inside.slice(match[0].length);
  if (!closed) state.faults.push({ code: "unclosed-box", at });
  const malformed = match === null || (closed && rest !== "");
  if (malformed) state.faults.push({ code: "malformed-box", at });
  const box = malformed ? null : readCorners(state, match, at);
  if (state.waiting === null) {
    state.faults.push({ code: "box-without-object", at });
  } else {
    state.named.push({ ...state.waiting, box, tried: true });
    state.waiting = null;
  }
  // What an unclosed box ran into is prose again; what a closed one holds is never prose.
  if (!closed && match !== null) state.prose.push(` ${rest}`);
}

function readCorners(state: State, match: RegExpExecArray, at: number): Box {
  const [x1, y1, x2, y2] = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])];
  const raw: Box = { x1, y1, x2, y2 };
  const ordered = orderCorners(raw);
  const box = clampBox(ordered);
  if (!sameBox(raw, ordered)) state.faults.push({ code: "corners-out-of-order", at });
  if (!sameBox(ordered, box)) state.faults.push({ code: "out-of-range", at });
  if (box.x1 === box.x2 || box.y1 === box.y2) state.faults.push({ code: "empty-box", at });
  return box;
}

function readProse(state: State, from: number, to: number): void {
  const piece = state.text.slice(from, to);
  if (piece.trim() !== "") settleWaiting(state);
  state.prose.push(piece);
}

function settleWaiting(state: State): void {
  if (state.waiting === null) return;
  state.named.push({ ...state.waiting, box: null, tried: false });
  state.waiting = null;
}

function finish(state: State): ParsedChain {
  const boxed = new Set(state.named.filter((n) => n.box !== null).map((n) => n.name));
  const seen = new Set<string>();
  const objects: ChainObject[] = [];
  const faults = [...state.faults];
  for (const { name, box, at, tried } of state.named) {
    if (box === null) {
      // A name that has a box elsewhere is only mentioned again.
      if (boxed.has(name)) continue;
      if (!tried) faults.push({ code: "object-without-box", at });
    } else {
      const key = `${name}\n${box.x1},${box.y1},${box.x2},${box.y2}`;
      if (seen.has(key)) faults.push({ code: "duplicated-object", at });
      seen.add(key);
    }
    objects.push({ name, box });
  }
  faults.sort((a, b) => a.at - b.at);
  const words = state.prose
    .join("")
    .replace(/\s+/g, " ")
    .replace(/ ([,.;:!?])/g, "$1")
    .trim();
  return { objects, words, faults };
}
