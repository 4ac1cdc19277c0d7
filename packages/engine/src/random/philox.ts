// Philox4x32-10 in JavaScript (Salmon et al., SC 2011), for the backends that lack it. TensorFlow's own ops are in
// random-bits.ts and give the same words.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const WORD = 0x1_0000_0000;

/** High 32 bits of the product of two unsigned words: four products of halves, each exact in a double. */
function highProduct(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const inner = aHigh * bLow + Math.floor((aLow * bLow) / 0x10000);
  const outer = aLow * bHigh + (inner % 0x10000);
  return aHigh * bHigh + Math.floor(inner / 0x10000) + Math.floor(outer / 0x10000);
}

/** Ten rounds over `block` (four unsigned words), in place. */
function scramble(block: Uint32Array, key: Int32Array): void {
  let [c0, c1, c2, c3] = block as unknown as [number, number, number, number];
  let [k0, k1] = key as unknown as [number, number];
  for (let round = 0; round < ROUNDS; round++) {
    const first = highProduct(MULTIPLIER_1, c2) ^ c1 ^ k0;
    const third = highProduct(MULTIPLIER_0, c0) ^ c3 ^ k1;
    c1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c3 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    c0 = first >>> 0;
    c2 = third >>> 0;
    k0 += WEYL_0 | 0;
    k1 += WEYL_1 | 0;
  }
  block.set([c0, c1, c2, c3]);
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
  const block = new Uint32Array(4);
  for (let i = 0; i < count; i += 4) {
    block.set(at);
    scramble(block, key);
    words.set(block.subarray(0, Math.min(4, count - i)), i);
    advance(at, 1);
  }
  return words;
}
