// Uniform numbers as a pure function of a counter: Philox4x32-10 (Salmon et al., SC 2011). Holds no state and is
// not a stream: the same (seed, group, sample, position) gives the same number in any process and any order.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Four 32-bit words, each in [0, 2^32). */
export type Words4 = readonly [number, number, number, number];

/** High word of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  // Every term stays below 2^33, so the sums are exact in a double.
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}

/**
 * The Philox4x32-10 block function.
 *
 * @param counter four words, each in [0, 2^32)
 * @param key two words, each in [0, 2^32)
 * @returns four random words, each in [0, 2^32)
 */
export function philox4x32(counter: Words4, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    const next0 = (high1 ^ c1 ^ k0) >>> 0;
    const next2 = (high0 ^ c3 ^ k1) >>> 0;
    c0 = next0;
    c1 = low1 >>> 0;
    c2 = next2;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** What a draw depends on. All are whole numbers; `seed` and `group` may use 53 bits, the others 32. */
export type DrawCounter = {
  readonly seed: number;
  /** Issue number of the group. */
  readonly group: number;
  /** Index of the sample within its group. */
  readonly sample: number;
  /** Index of the token within the sampled part: 0 is the first token after the prompt. */
  readonly position: number;
};

const high = (n: number): number => Math.floor(n / 0x100000000) >>> 0;

/**
 * One uniform number in [0,1) with 24 random bits, exact in float32.
 *
 * Positions share blocks of four, so `position` addresses word `position % 4` of block `position / 4`.
 */
export function uniformFor({ seed, group, sample, position }: DrawCounter): number {
  const counter: Words4 = [position >>> 2, sample >>> 0, group >>> 0, high(group)];
  const words = philox4x32(counter, [seed >>> 0, high(seed)]);
  return ((words[position & 3] as number) >>> 8) / 0x1000000;
}
