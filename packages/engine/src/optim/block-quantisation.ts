// Tensors in 8 bits an element: blocks of 256, each with a float32 scale, elements as codes of logarithmic levels. For
// optimiser moments, which need relative rather than absolute precision; not for weights.

import { tf } from "../tf.js";

/** Elements that share one scale. */
export const BLOCK_SIZE = 256;

/**
 * `signed`: 127 magnitudes a sign over 6 decades, and 0. `positive`: 256 levels over 12 decades, none of them 0, so that
 * what divides by a value read back cannot blow up where the value was merely small.
 */
export type QuantisedKind = "signed" | "positive";

/** A quantised tensor; elements beyond the original size are padding. */
export type Quantised = {
  /** int32 `[blocks, 64]`: four codes each, element `64 k + j` of a block in byte k of column j. */
  readonly codes: tf.Tensor;
  /** `[blocks]` largest magnitude of each block. */
  readonly scales: tf.Tensor;
};

const BYTES = 4;
const COLUMNS = BLOCK_SIZE / BYTES;
const SIGNED_DECADES = 6;
const POSITIVE_DECADES = 12;
/** Codes of `signed` are stored with this added. */
const SIGNED_ZERO = 128;
const TOP = { signed: 127, positive: 255 } as const;
// Steps of a Weyl sequence: multiples of irrational numbers modulo 1 fill [0,1) evenly. Counters are cut to what float32
// multiplies without losing the fraction.
const WEYL = { step: 0.6180339887, element: 0.7548776662, block: 0.569840291 } as const;
const COUNTER_PERIOD = 4096;

/** Blocks that `size` elements take. */
export function blocksFor(size: number): number {
  return Math.ceil(size / BLOCK_SIZE);
}

/** Magnitude in [0,1] of each code: `[128]` for `signed`, `[256]` for `positive`. */
export function magnitudes(kind: QuantisedKind): readonly number[] {
  if (kind === "positive") {
    return Array.from({ length: 256 }, (_, code) => 10 ** (POSITIVE_DECADES * (code / TOP.positive - 1)));
  }
  return Array.from({ length: 128 }, (_, code) =>
    code === 0 ? 0 : 10 ** (SIGNED_DECADES * ((code - 1) / (TOP.signed - 1) - 1)),
  );
}

/**
 * Quantises by rounding up or down to a neighbouring level, up in proportion to how close it is. Which of the two is
 * taken goes by a counter, so that the errors of successive steps cancel: rounding to the nearest would lose every
 * change below half a level, such as the slow decay of a moment.
 * @param x any shape, `size` elements; not negative for `positive`
 * @param step scalar, counts the times that the tensor was stored
 */
export function quantise(x: tf.Tensor, kind: QuantisedKind, step: tf.Tensor): Quantised {
  return tf.tidy(() => {
    const blocks = blocksFor(x.size);
    const padded = tf.pad(x.flatten(), [[0, blocks * BLOCK_SIZE - x.size]]).reshape([blocks, BLOCK_SIZE]);
    const scales = tf.max(tf.abs(padded), 1, true);
    const relative = tf.div(padded, tf.where(tf.greater(scales, 0), scales, tf.onesLike(scales)));
    const code = codesOf(tf.abs(relative), kind, threshold(blocks, step));
    const sign = tf.cast(tf.where(tf.less(relative, 0), tf.scalar(-1), tf.scalar(1)), "int32");
    const stored = kind === "positive" ? code : tf.add(tf.mul(code, sign), int(SIGNED_ZERO));
    return { codes: packed(stored, blocks), scales: scales.reshape([blocks]) };
  });
}

/** The values of a quantised tensor, with the shape it had. */
export function dequantise(q: Quantised, kind: QuantisedKind, shape: readonly number[]): tf.Tensor {
  return tf.tidy(() => {
    const relative = tf.gather(tf.tensor1d([...storedValues(kind)]), unpacked(q.codes));
    const values = tf.mul(relative, q.scales.expandDims(1)).flatten();
    const size = shape.reduce((product, n) => product * n, 1);
    return tf.slice(values, [0], [size]).reshape([...shape]);
  });
}

/** Codes int32 of magnitudes `[blocks, 256]` in [0,1]. */
function codesOf(magnitude: tf.Tensor, kind: QuantisedKind, rounding: tf.Tensor): tf.Tensor {
  const levels = magnitudes(kind);
  const table = tf.tensor1d([...levels]);
  const lowest = levels[kind === "signed" ? 1 : 0] as number;
  // The comparison also sorts out NaN, whose code would be no index.
  const bounded = tf.where(tf.greaterEqual(magnitude, lowest), magnitude, tf.fill(magnitude.shape, lowest));
  const decades = kind === "signed" ? SIGNED_DECADES : POSITIVE_DECADES;
  const perLevel = (decades * Math.LN10) / (levels.length - (kind === "signed" ? 2 : 1));
  const place = tf.add(tf.floor(tf.div(tf.log(bounded), perLevel)), levels.length - 1);
  const below = tf.cast(tf.clipByValue(place, 0, levels.length - 2), "int32");
  const isTiny = tf.less(magnitude, lowest);
  const down = kind === "signed" ? tf.where(isTiny, tf.zerosLike(below), below) : below;
  const low = tf.gather(table, down);
  const high = tf.gather(table, tf.add(down, int(1)));
  const closeness = tf.div(tf.sub(magnitude, low), tf.sub(high, low));
  return tf.add(down, tf.cast(tf.less(rounding, closeness), "int32"));
}

/** `[blocks, 256]` numbers in [0,1): a value whose closeness to the upper level is larger is rounded up. */
function threshold(blocks: number, step: tf.Tensor): tf.Tensor {
  const ofStep = tf.mul(tf.mod(step, COUNTER_PERIOD), WEYL.step);
  const ofElement = tf.mul(tf.range(0, BLOCK_SIZE, 1, "float32"), WEYL.element);
  const ofBlock = tf.mul(tf.mod(tf.range(0, blocks, 1, "float32"), COUNTER_PERIOD), WEYL.block);
  const fraction = (x: tf.Tensor): tf.Tensor => tf.sub(x, tf.floor(x));
  const ofPlace = tf.add(fraction(ofElement.expandDims(0)), fraction(ofBlock.expandDims(1)));
  return fraction(tf.add(ofPlace, fraction(ofStep)));
}

function storedValues(kind: QuantisedKind): readonly number[] {
  const levels = magnitudes(kind);
  if (kind === "positive") return levels;
  return Array.from({ length: 256 }, (_, stored) => {
    const code = stored - SIGNED_ZERO;
    return Math.sign(code) * (levels[Math.abs(code)] ?? 1);
  });
}

// TensorFlow.js has no tensors of bytes, and its only bit operation is "and": bytes are put together by arithmetic, the
// topmost as a signed one so that the sum fits int32.
function packed(codes: tf.Tensor, blocks: number): tf.Tensor {
  const bytes = tf.unstack(codes.reshape([blocks, BYTES, COLUMNS]), 1) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const [first, second, third, fourth] = bytes;
  const upper = tf.mul(tf.sub(fourth, int(128)), int(2 ** 24));
  const middle = tf.add(tf.mul(third, int(2 ** 16)), tf.mul(second, int(2 ** 8)));
  return tf.add(tf.add(upper, middle), first);
}

function unpacked(codes: tf.Tensor): tf.Tensor {
  let rest = codes;
  const take = (unit: number): tf.Tensor => {
    const byte = tf.floorDiv(rest, int(unit));
    rest = tf.sub(rest, tf.mul(byte, int(unit)));
    return byte;
  };
  const fourth = tf.add(take(2 ** 24), int(128));
  const third = take(2 ** 16);
  const second = take(2 ** 8);
  return tf.stack([rest, second, third, fourth], 1).reshape([codes.shape[0] ?? 0, BLOCK_SIZE]);
}

function int(n: number): tf.Scalar {
  return tf.scalar(n, "int32");
}
