// Uniform numbers in [0,1) from random words.
import { onTensorflow } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { integerOp, type RandomWords, randomBits } from "./random-bits.js";

const BITS = 24;

/**
 * Uniform numbers in [0,1) with 24 random bits: multiples of 2^-24, bit for bit the same on every backend and in
 * every mode.
 * @returns float32 `shape`
 * @throws EngineError EASEL_ENGINE_RANDOM_KEY
 */
export function randomUniform(shape: readonly number[], words: RandomWords): tf.Tensor {
  return tf.tidy(() => {
    const bits = randomBits(shape, words);
    if (!onTensorflow()) {
      const values = Float32Array.from(bits.dataSync(), (word) => (word >>> (32 - BITS)) / 2 ** BITS);
      return tf.tensor(values, [...shape]);
    }
    return upperBits(bits, BITS)
      .toFloat()
      .mul(2 ** -BITS);
  });
}

/** The upper `count` bits of each word, as a number in [0, 2^count). */
export function upperBits(words: tf.Tensor, count: number): tf.Tensor {
  // The shift of a signed number copies the sign: the mask takes those bits away.
  const shifted = integerOp("RightShift", [words, tf.scalar(32 - count, "int32")]);
  return integerOp("BitwiseAnd", [shifted, tf.scalar(2 ** count - 1, "int32")]);
}
