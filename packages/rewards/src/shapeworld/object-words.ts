// Reads the attributes out of an object's name, such as "striped red circle". Positions and relations are not its matter.

import { COLOURS, type Colour, type ObjectSpec, SHAPES, type Shape } from "@easel/shapeworld";

type NamedTexture = NonNullable<ObjectSpec["texture"]>;

const SHAPE_WORDS: ReadonlyMap<string, Shape> = new Map(
  SHAPES.flatMap((shape) => [
    [shape, shape],
    [`${shape}s`, shape],
    [`${shape}es`, shape],
  ]),
);
const COLOUR_WORDS: ReadonlyMap<string, Colour> = new Map(COLOURS.map((colour) => [colour, colour]));
const TEXTURE_WORDS: ReadonlyMap<string, NamedTexture> = new Map([
  ["striped", "striped"],
  ["dotted", "dotted"],
]);

/**
 * The attributes that a name tells. An attribute named twice with different values ("red blue circle") counts as not
 * named: hedging earns nothing.
 */
export function specOfName(name: string): ObjectSpec {
  const words = name.toLowerCase().match(/[a-z]+/g) ?? [];
  const shape = onlyOne(words, SHAPE_WORDS);
  const colour = onlyOne(words, COLOUR_WORDS);
  const texture = onlyOne(words, TEXTURE_WORDS);
  return {
    ...(shape === undefined ? {} : { shape }),
    ...(colour === undefined ? {} : { colour }),
    ...(texture === undefined ? {} : { texture }),
  };
}

function onlyOne<T>(words: readonly string[], meanings: ReadonlyMap<string, T>): T | undefined {
  const found = new Set<T>();
  for (const word of words) {
    const meaning = meanings.get(word);
    if (meaning !== undefined) found.add(meaning);
  }
  return found.size === 1 ? [...found][0] : undefined;
}
