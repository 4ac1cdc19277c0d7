// Philox4x32-10 in JavaScript (Salmon et al., SC 2011), for the backends that lack it. TensorFlow's own ops are in
// random-bits.ts and give the same words.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const WORD = 0x1_0000_0000;

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

/** Adds `n` to a number of four words, least significant first. */
function advance(counter: Uint32Array, n: number): void {
  let carry = n;
  for (let i = 0; i < counter.length && carry > 0; i++) {
    const sum = (counter[i] as number) + carry;
    counter[i] = sum % WORD;
    carry = Math.floor(sum / WORD);
  }
}

/**
 * `count` words: those of the blocks at `counter`, `counter + 1` and so on.
 * @param key two words
 * @param counter four words, least significant first
 */
export function philoxWords(key: Int32Array, counter: Int32Array, count: number): Int32Array {
  const words = new Int32Array(count);
  const at = Uint32Array.from(counter);
  const [k0 = 0, k1 = 0] = Uint32Array.from(key);
  for (let i = 0; i < count; i += 4) {
    const block = philox4x32(at as unknown as Words4, [k0, k1]);
    words.set(block.slice(0, count - i), i);
    advance(at, 1);
  }
  return words;
}
