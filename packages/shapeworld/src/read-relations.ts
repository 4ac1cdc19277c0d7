// Reads the relations that a chain's prose states, in any phrasing of this world. Judges nothing; see the rewards.
import { BESIDE_IT, BETWEEN } from "./english.js";
import type { ObjectSpec } from "./prompt-spec.js";
import { COLOURS, oppositeRelation, RELATIONS, type Relation, SHAPES, TEXTURES } from "./vocabulary.js";

/** "a is `relation` b", with what the prose says of either object. */
export type ReadRelation = { readonly a: ObjectSpec; readonly relation: Relation; readonly b: ObjectSpec };

/** "there" stands for every "is" or "there is" after a phrase of place; "break" for punctuation. */
type LinkWord = "there" | "that" | "break";
type Token =
  | { readonly kind: "object"; readonly object: ObjectSpec }
  | { readonly kind: "between" | "it"; readonly relation: Relation }
  | { readonly kind: "link"; readonly word: LinkWord };

const PHRASES = RELATIONS.flatMap((relation) => [
  ...BESIDE_IT[relation].map((phrase) => ({ kind: "it" as const, relation, phrase })),
  ...BETWEEN[relation].map((phrase) => ({ kind: "between" as const, relation, phrase })),
  ...BETWEEN[relation].map((phrase) => ({ kind: "it" as const, relation, phrase: `${phrase} it` })),
]).sort((one, other) => other.phrase.split(" ").length - one.phrase.split(" ").length);

/**
 * Relations stated in prose without markup (`words` of a parsed chain, or a prompt), in order. Understood are "A left of B",
 * "left of B there is A", "B with A to its left", and ", C above it", where "it" is the object that the last relation ended at,
 * or else the object before C. Anything else is passed over; never throws.
 */
export function readRelations(prose: string): ReadRelation[] {
  const tokens = tokenise(prose.toLowerCase());
  const found: ReadRelation[] = [];
  let last: ObjectSpec | null = null;
  let before: ObjectSpec | null = null;
  let anchor: ObjectSpec | null = null;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (token.kind === "object") {
      before = last;
      last = token.object;
    } else if (token.kind === "it") {
      const b: ObjectSpec | null = anchor ?? before;
      if (last !== null && b !== null && last !== b) {
        found.push({ a: last, relation: token.relation, b });
        anchor = b;
      }
    } else if (token.kind === "between") {
      const b = objectAt(tokens, at + 1);
      if (b === null) continue;
      const opens = at === 0 || linkWord(tokens[at - 1]) === "break";
      const inverted = opens && linkWord(tokens[at + 2]) === "there";
      const a: ObjectSpec | null = inverted ? objectAt(tokens, at + 3) : last;
      if (a === null) continue;
      found.push({ a, relation: token.relation, b });
      // "B that is below C" says more of B, which stays what "it" means.
      anchor = linkWord(tokens[at - 1]) === "that" ? a : b;
      last = inverted ? a : b;
      at += inverted ? 3 : 1;
    }
  }
  return found;
}

/** True when the stated relation says that `a` is `relation` `b`, told from either side. */
export function states(read: ReadRelation, a: ObjectSpec, relation: Relation, b: ObjectSpec): boolean {
  if (read.relation === relation) return names(read.a, a) && names(read.b, b);
  return read.relation === oppositeRelation(relation) && names(read.a, b) && names(read.b, a);
}

/** True when nothing that both descriptions name differs, and they share at least one attribute. */
function names(read: ObjectSpec, asked: ObjectSpec): boolean {
  const keys = (["shape", "colour", "texture"] as const).filter(
    (key) => read[key] !== undefined && asked[key] !== undefined,
  );
  return keys.length > 0 && keys.every((key) => read[key] === asked[key]);
}

function objectAt(tokens: readonly Token[], at: number): ObjectSpec | null {
  const token = tokens[at];
  return token?.kind === "object" ? token.object : null;
}

function linkWord(token: Token | undefined): LinkWord | null {
  return token?.kind === "link" ? token.word : null;
}

function tokenise(prose: string): Token[] {
  const list = prose.match(/[a-z]+|[,.;]/g) ?? [];
  const tokens: Token[] = [];
  for (let at = 0; at < list.length; ) {
    const phrase = PHRASES.find((p) => p.phrase.split(" ").every((word, i) => list[at + i] === word));
    if (phrase !== undefined) {
      tokens.push({ kind: phrase.kind, relation: phrase.relation });
      at += phrase.phrase.split(" ").length;
      continue;
    }
    const { object, length } = readObject(list, at);
    if (length > 0) tokens.push({ kind: "object", object });
    else {
      const word = readLink(list[at] ?? "", linkWord(tokens.at(-1)));
      if (word !== null) tokens.push({ kind: "link", word });
    }
    at += Math.max(1, length);
  }
  return tokens;
}

function readLink(word: string, previous: LinkWord | null): LinkWord | null {
  if (word === "there" || word === "that") return word;
  if (word === "is") return previous === null ? "there" : null;
  return /^[,.;]$/.test(word) ? "break" : null;
}

/** A run of attribute words; "circle" alone is an object, "red" alone too. */
function readObject(
  list: readonly string[],
  at: number,
): { readonly object: ObjectSpec; readonly length: number } {
  const texture = TEXTURES.find((t) => t !== "solid" && t === list[at]);
  let next = at + (texture === undefined ? 0 : 1);
  const colour = COLOURS.find((c) => c === list[next]);
  next += colour === undefined ? 0 : 1;
  const shape = SHAPES.find((s) => s === list[next]);
  next += shape === undefined ? 0 : 1;
  const object = {
    ...(texture === undefined || texture === "solid" ? {} : { texture }),
    ...(colour === undefined ? {} : { colour }),
    ...(shape === undefined ? {} : { shape }),
  };
  return { object, length: next - at };
}
