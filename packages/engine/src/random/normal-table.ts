// The inverse of the normal distribution as a table of whole numbers, so that normal numbers need integer arithmetic
// only. Logarithms and cosines, of which they are made otherwise, differ in the last bit from one executor to another.

/** Steps within each power of two of the tail's probability. */
export const STEPS_BITS = 8;
/** Table values are multiples of 2^-22. */
export const SCALE_BITS = 22;
/** Tail probabilities are m / 2^25 with m in [1, 2^24]. */
export const TAIL_BITS = 25;

const OCTAVES = TAIL_BITS - 1;
const STEPS = 2 ** STEPS_BITS;

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** The probability of a normal number above z, for z in [0, 6]: 1/2 - density(z) (z + z^3/3 + z^5/15 + ...). */
function upperTail(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; term > sum * 1e-17; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 - density(z) * sum;
}

/**
 * The z whose upper tail has probability `2^octave (1 + step / 256) / 2^25`, times 2^22 and rounded, at index
 * `256 octave + step`; the last entry is that of probability 1/2, which is 0.
 */
export function normalTable(): Int32Array {
  const table = new Int32Array(OCTAVES * STEPS + 1);
  let z = 0;
  for (let index = table.length - 2; index >= 0; index--) {
    const octave = Math.floor(index / STEPS);
    const probability = (2 ** octave * (1 + (index % STEPS) / STEPS)) / 2 ** TAIL_BITS;
    // Newton's method from the neighbour, which is smaller: the tail is convex, so it only ever approaches from below.
    for (let i = 0; i < 4; i++) z += (upperTail(z) - probability) / density(z);
    table[index] = Math.round(z * 2 ** SCALE_BITS);
  }
  return table;
}
