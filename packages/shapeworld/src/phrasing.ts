// Tells a combination in English, in varied ways. What it says is exactly the combination; where it goes is split.ts.
import type { Combination, NamedKind } from "./combination.js";
import { again, BESIDE_IT, BETWEEN, NUMBERS, noun, OPENINGS, plural, withArticle } from "./english.js";
import { chance, pick, type Random } from "./random.js";
import { oppositeRelation, type Relation } from "./vocabulary.js";

/** A text and, per relation of the combination, whether the text names `b` before `a`. */
export type Phrasing = { readonly text: string; readonly inverted: readonly boolean[] };

/** Prompts stay within this many words; scenes of four objects may need more. */
const MAX_WORDS = 20;
const ATTEMPTS = 12;

/**
 * One of the ways to tell the combination, of at most 20 words where such a way turns up. Objects and relations are named in the
 * combination's order, so that prompt and chain agree in it.
 */
export function phrase(random: Random, combination: Combination): Phrasing {
  let shortest = phraseOnce(random, combination);
  for (let attempt = 1; attempt < ATTEMPTS && wordCount(shortest) > MAX_WORDS; attempt += 1) {
    const other = phraseOnce(random, combination);
    if (wordCount(other) < wordCount(shortest)) shortest = other;
  }
  return shortest;
}

function wordCount(phrasing: Phrasing): number {
  return phrasing.text.split(" ").length;
}

function phraseOnce(random: Random, combination: Combination): Phrasing {
  if (combination.category === "counting")
    return { text: counting(random, combination.objects), inverted: [] };
  if (combination.relations.length === 0) {
    return { text: conjunction(random, combination.objects), inverted: [] };
  }
  return combination.relations.length === 1 ? oneRelation(random, combination) : star(random, combination);
}

function opened(random: Random, rest: string): string {
  return `${pick(random, OPENINGS)} ${rest}`.trim();
}

function conjunction(random: Random, objects: readonly NamedKind[]): string {
  const [first] = objects as [NamedKind];
  if (objects.length === 1)
    return opened(random, `${chance(random, 0.2) ? "only " : ""}${withArticle(first)}`);
  if (chance(random, 0.4)) {
    const grouped = sharedAttribute(objects);
    if (grouped !== null) return opened(random, grouped);
  }
  const names = objects.map(withArticle);
  if (names.length === 2 && chance(random, 0.2)) return `both ${list(names)}`;
  if (chance(random, 0.2)) return `there is ${list(names)}`;
  if (names.length < 4 && chance(random, 0.2)) {
    return opened(random, `${list(names.slice(0, -1))} with ${names.at(-1)}`);
  }
  return opened(random, list(names));
}

/** "a circle and a cross, both red"; null when the objects share neither colour nor texture. */
function sharedAttribute(objects: readonly NamedKind[]): string | null {
  const [first] = objects as [NamedKind];
  const all = objects.length === 2 ? "both" : "all";
  if (first.texture !== undefined && objects.every((o) => o.texture === first.texture)) {
    return `${list(objects.map(({ colour, shape }) => withArticle({ colour, shape })))}, ${all} ${first.texture}`;
  }
  if (objects.every((o) => o.colour === first.colour && o.texture === undefined)) {
    return `${list(objects.map(({ shape }) => withArticle({ shape })))}, ${all} ${first.colour}`;
  }
  return null;
}

function list(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function counting(random: Random, objects: readonly NamedKind[]): string {
  const groups = new Map<string, { readonly kind: NamedKind; count: number }>();
  for (const kind of objects) {
    const group = groups.get(noun(kind)) ?? { kind, count: 0 };
    group.count += 1;
    groups.set(noun(kind), group);
  }
  const phrases = [...groups.values()].map(({ kind, count }) => {
    if (count > 1) return `${NUMBERS[count]} ${kind.colour} ${plural(kind.shape)}`;
    return chance(random, 0.5) ? `one ${noun(kind)}` : withArticle(kind);
  });
  const text = phrases.join(chance(random, 0.75) ? " and " : " with ");
  if (phrases.length === 1 && chance(random, 0.25)) return `exactly ${text}`;
  // "there are" needs a plural right after it.
  if (/^(two|three|four)/.test(text) && chance(random, 0.25)) return `there are ${text}`;
  return opened(random, text);
}

function oneRelation(random: Random, combination: Combination): Phrasing {
  const [edge] = combination.relations as [Combination["relations"][number]];
  const a = withArticle(combination.objects[edge.a] as NamedKind);
  const b = withArticle(combination.objects[edge.b] as NamedKind);
  const between = pick(random, BETWEEN[edge.relation]);
  const beside = pick(random, BESIDE_IT[edge.relation]);
  const direct = [`${a} ${between} ${b}`, `there is ${a} ${between} ${b}`, `${a} that is ${between} ${b}`];
  const inverted = [`${between} ${b} there is ${a}`, `${between} ${b} is ${a}`, `${b} with ${a} ${beside}`];
  if (chance(random, 0.5)) return { text: pick(random, inverted), inverted: [true] };
  const text = pick(random, direct);
  return { text: text === direct[0] ? opened(random, text) : text, inverted: [false] };
}

/** Several satellites around one hub; only the first relation and the way the hub is named again vary. */
function star(random: Random, combination: Combination): Phrasing {
  const edges = combination.relations;
  const hub = combination.objects[edges[0]?.b ?? 0] as NamedKind;
  const satellite = (index: number): string =>
    withArticle(combination.objects[edges[index]?.a ?? 0] as NamedKind);
  const relation = (index: number): Relation => edges[index]?.relation ?? "left";
  const between = (index: number): string => pick(random, BETWEEN[relation(index)]);
  const beside = (index: number): string => pick(random, BESIDE_IT[relation(index)]);
  const rest = edges.slice(1).map((_, i) => `${satellite(i + 1)} ${between(i + 1)} ${again(hub)}`);
  const h = withArticle(hub);
  // After the hub was named, a later "C above the hub" names C first and is direct; "hub with C above it" is inverted.
  const later = rest.map(() => false);
  switch (Math.floor(random.next() * 5)) {
    case 0:
      return {
        text: `${satellite(0)} ${between(0)} ${h}, ${list(rest)}`,
        inverted: [false, ...later],
      };
    case 1:
      return {
        text: `${between(0)} ${h} there is ${satellite(0)}, ${list(rest)}`,
        inverted: [true, ...later],
      };
    case 2: {
      const sides = edges.map((_, index) => `${satellite(index)} ${beside(index)}`);
      return { text: `${h} with ${list(sides)}`, inverted: edges.map(() => true) };
    }
    case 3: {
      const away = pick(random, BETWEEN[oppositeRelation(relation(1))]);
      const more = rest.slice(1).map((text) => `, ${text}`);
      return {
        text: `${satellite(0)} ${between(0)} ${h} that is ${away} ${satellite(1)}${more.join("")}`,
        inverted: [false, true, ...later.slice(1)],
      };
    }
    default:
      return {
        text: opened(random, `${satellite(0)} ${between(0)} ${h}, and ${list(rest)}`),
        inverted: [false, ...later],
      };
  }
}
