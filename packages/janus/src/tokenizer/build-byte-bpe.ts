// Builds the tokenizer.json of a small model: byte-level BPE in which every given word and piece is one token and any
// other text falls back to shorter tokens, down to bytes. Nothing is learned from a corpus.
import { JanusError } from "../errors.js";
import { layoutRoles, type TokenRole, tokenStrings } from "./special-tokens.js";

/** What becomes one token each. */
export type ByteBpeInput = {
  /** Words of letters; each becomes a token twice, as it stands and after a space. */
  readonly words: readonly string[];
  /** Taken literally, e.g. numbers and `),(`. */
  readonly pieces?: readonly string[];
};

/**
 * Cuts text before any merge: letters with one space before them, numbers, other signs with one space before them,
 * white space. It is stored in the file, so it uses only what regular expressions of Rust and JavaScript share.
 */
const cut = " ?\\p{L}+|\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+";

/** Special roles in id order, followed in the file by the four layout tokens. */
const specialRoles: readonly TokenRole[] = ["begin", "end", "pad", "beginImage", "endImage"];

/**
 * The printable character that stands for each byte in a byte-level vocabulary: itself where it is printable in
 * Latin-1, otherwise the next unused code point from U+0100 on.
 */
function byteAlphabet(): readonly string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  let unused = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : unused++));
}

/** Byte-pair encoding of one piece under ranked merges: the best-ranked pair is joined wherever it stands. */
function applyMerges(symbols: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let current = [...symbols];
  for (;;) {
    let best: string | undefined;
    for (let i = 0; i + 1 < current.length; i += 1) {
      const pair = `${current[i]} ${current[i + 1]}`;
      const better = best === undefined || (ranks.get(pair) ?? 0) < (ranks.get(best) ?? 0);
      if (ranks.has(pair) && better) best = pair;
    }
    if (best === undefined) return current;
    const joined: string[] = [];
    for (let i = 0; i < current.length; i += 1) {
      if (`${current[i]} ${current[i + 1]}` === best) {
        joined.push(best.replace(" ", ""));
        i += 1;
      } else {
        joined.push(current[i] ?? "");
      }
    }
    current = joined;
  }
}

function checkPieces(pieces: readonly string[]): void {
  for (const piece of pieces) {
    const [first] = piece.match(new RegExp(cut, "u")) ?? [];
    if (piece !== "" && first === piece) continue;
    throw new JanusError(
      "EASEL_JANUS_TOKENIZER_INVALID",
      `"${piece}" cannot be one token, because text is cut inside it. Pass letters, digits or signs alone, with at most one space in front of letters or signs.`,
    );
  }
}

/**
 * Adds merges until every piece is one token. A merge is only ever added after all earlier ones, and encoding prefers
 * earlier merges, so what is one token stays one token.
 */
function mergesFor(pieces: readonly string[], alphabet: readonly string[]): readonly string[] {
  const ranks = new Map<string, number>();
  for (const piece of pieces) {
    const bytes = [...new TextEncoder().encode(piece)].map((byte) => alphabet[byte] ?? "");
    for (let left = applyMerges(bytes, ranks); left.length > 1; left = applyMerges(left, ranks)) {
      ranks.set(`${left[0]} ${left[1]}`, ranks.size);
    }
  }
  return [...ranks.keys()];
}

/**
 * The value of a `tokenizer.json` in which each given word and piece is one token, with the named tokens of Janus as
 * special tokens and GoT-R1's four layout tokens as ordinary added ones. Any UTF-8 text encodes and decodes to itself.
 *
 * The same input gives the same value. Ids: 256 bytes, merges in the order of the input, special tokens, layout tokens.
 *
 * @throws JanusError `EASEL_JANUS_TOKENIZER_INVALID` for a piece that cannot be one token
 */
export function buildByteBpe({ words, pieces = [] }: ByteBpeInput): Readonly<Record<string, unknown>> {
  // Plain words first: the form after a space is then one merge more.
  const wanted = [...new Set([...words, ...words.map((word) => ` ${word}`), ...pieces])];
  checkPieces(wanted);
  const alphabet = byteAlphabet();
  const merges = mergesFor(wanted, alphabet);
  const symbols = [...new Set([...alphabet, ...merges.map((merge) => merge.replace(" ", ""))])];
  const vocab = Object.fromEntries(symbols.map((symbol, id) => [symbol, id]));

  const added = (role: TokenRole, offset: number, special: boolean): Readonly<Record<string, unknown>> => ({
    id: symbols.length + offset,
    content: tokenStrings[role],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: !special,
    special,
  });
  const begin = { id: tokenStrings.begin, type_id: 0 };
  const sequence = { id: "A", type_id: 0 };
  const second = { begin: { ...begin, type_id: 1 }, sequence: { id: "B", type_id: 1 } };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      ...specialRoles.map((role, index) => added(role, index, true)),
      ...layoutRoles.map((role, index) => added(role, specialRoles.length + index, false)),
    ],
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: cut }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: begin }, { Sequence: sequence }],
      pair: [
        { SpecialToken: begin },
        { Sequence: sequence },
        { SpecialToken: second.begin },
        { Sequence: second.sequence },
      ],
      special_tokens: {
        [tokenStrings.begin]: {
          id: tokenStrings.begin,
          ids: [symbols.length],
          tokens: [tokenStrings.begin],
        },
      },
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: merges.map((merge) => merge.split(" ")),
    },
  };
}
