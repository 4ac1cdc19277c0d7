// Seeded random numbers for the world: small, fast, the same on every machine. Not for secrets.

/** A source of uniform numbers in `[0,1)`. Passed in everywhere; nothing here draws on its own. */
export type Random = { next(): number };

/** 32-bit FNV-1a of UTF-16 code units, with a final mix so that near strings land far apart. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A generator (xoshiro128**, 32 bits a draw) whose sequence is a function of `seed` alone. */
export function randomFrom(seed: number | string): Random {
  const label = `${typeof seed}:${seed}`;
  let [a, b, c, d] = [hash32(`${label}/a`), hash32(`${label}/b`), hash32(`${label}/c`), hash32(`${label}/d`)];
  // The all-zero state is the only one the generator cannot leave.
  if ((a | b | c | d) === 0) a = 1;
  return {
    next(): number {
      const scaled = Math.imul(b, 5);
      const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      return result / 4294967296;
    },
  };
}

/** An integer in `[0,count)`. */
export function below(random: Random, count: number): number {
  return Math.floor(random.next() * count);
}

/** True with probability `p`; always one draw. */
export function chance(random: Random, p: number): boolean {
  return random.next() < p;
}

/** One item of a non-empty list. */
export function pick<T>(random: Random, items: readonly [T, ...T[]] | readonly T[]): T {
  return items[below(random, items.length)] as T;
}

/** The items in random order; the argument is left as it was. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = below(random, last + 1);
    const held = result[last] as T;
    result[last] = result[other] as T;
    result[other] = held;
  }
  return result;
}
