// Every piece of text that prompts and chains of this world are made of, for building a tokenizer. Builds none itself.
import { BEGIN_OF_IMAGE, BOX_END, BOX_START, OBJ_END, OBJ_START } from "@easel/chain";
import { BESIDE_IT, BETWEEN, NUMBERS, OPENINGS, plural } from "./english.js";
import { CANVAS_SIDE, CELL } from "./scene.js";
import { COLOURS, SHAPES, TEXTURES } from "./vocabulary.js";

const SMALL_WORDS = "a an and with both all only exactly there is are that the one".split(" ");

/** Markers of the chain; they are single tokens of their own. */
export const MARKERS: readonly string[] = [OBJ_START, OBJ_END, BOX_START, BOX_END, BEGIN_OF_IMAGE];

/** The nine values that coordinates take on the 8 px grid: 0, 125, ..., 875, 999. */
export function coordinates(): readonly string[] {
  return Array.from(
    { length: CANVAS_SIDE / CELL + 1 },
    (_, k) => `${Math.min(999, (1000 * CELL * k) / CANVAS_SIDE)}`,
  );
}

/** All words, bare and in lower case, sorted. */
export function bareWords(): readonly string[] {
  const phrases = [...Object.values(BETWEEN).flat(), ...Object.values(BESIDE_IT).flat(), ...OPENINGS];
  const all = [
    ...SHAPES,
    ...SHAPES.map(plural),
    ...COLOURS,
    ...TEXTURES.filter((t) => t !== "solid"),
    ...Object.values(NUMBERS),
    ...phrases.flatMap((p) => p.split(" ")),
    ...SMALL_WORDS,
  ];
  return [...new Set(all)].filter((w) => w !== "").sort();
}

/** Words that a prompt or a name can start with. */
function firstWords(): readonly string[] {
  const phrases = [...Object.values(BETWEEN).flat(), ...OPENINGS].map((p) => p.split(" ")[0] ?? "");
  const names = [...COLOURS, ...TEXTURES.filter((t) => t !== "solid")];
  const small = ["a", "an", "both", "only", "exactly", "there", ...Object.values(NUMBERS)];
  return [...new Set([...phrases, ...names, ...small])].filter((w) => w !== "").sort();
}

/**
 * The complete list of pieces, without the markers: every word with its leading space; bare, the words that a prompt or a
 * name can start with and the two articles that start a chain; coordinates; punctuation, `),(` among it; the single space
 * between a name and its box.
 */
export function words(): readonly string[] {
  return [
    ...bareWords().map((w) => ` ${w}`),
    ...firstWords(),
    "A",
    "An",
    ...coordinates(),
    "(",
    ",",
    "),(",
    ")",
    " ",
  ];
}

/**
 * A text of this world cut into markers and pieces of `words()`; joined they are the text again. What the world does not know
 * comes out character by character.
 */
export function cutIntoPieces(text: string): string[] {
  return text.match(/<\|(?:obj|box)_(?:start|end)\|>|<begin_of_image>|\),\(| ?[A-Za-z]+|\d+|[\s\S]/gu) ?? [];
}
