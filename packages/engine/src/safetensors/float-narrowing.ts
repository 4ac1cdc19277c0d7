// Conversion between float32 and the 16-bit floats bfloat16 and IEEE half, on raw bit patterns.
// Pure arithmetic on arrays; no tensors.

const WORD = new Uint32Array(1);
const FLOAT = new Float32Array(WORD.buffer);

/** Widens bfloat16 bit patterns to float32. Exact: a bfloat16 is the upper half of a float32. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(words.buffer);
}

/** Narrows float32 to bfloat16 bit patterns, round to nearest, ties to even. NaN stays NaN, overflow becomes infinity. */
export function float32ToBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = words[i] ?? 0;
    // A NaN whose payload sits only in the lower half would turn into infinity: force a quiet bit instead.
    const isNaNWord = (word & 0x7fffffff) > 0x7f800000;
    bits[i] = isNaNWord ? (word >>> 16) | 0x0040 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/** Widens IEEE half-precision bit patterns to float32. Exact, subnormals included. */
export function float16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfToNumber(bits[i] ?? 0);
  return values;
}

/** Narrows float32 to IEEE half bit patterns, round to nearest, ties to even. Values of 65520 and above become infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = numberToHalf(values[i] ?? 0);
  return bits;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function numberToHalf(value: number): number {
  FLOAT[0] = value;
  const word = WORD[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14 the result is subnormal: a multiple of 2^-24. The product is exact, so one rounding happens.
    return sign | roundHalfEven(Math.abs(value) * 2 ** 24);
  }
  // Rebias the exponent (127 - 15 = 112) and drop 13 fraction bits; a carry runs on into the exponent as it should.
  const rebased = magnitude - (112 << 23);
  return sign | ((rebased + 0x0fff + ((rebased >>> 13) & 1)) >>> 13);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
