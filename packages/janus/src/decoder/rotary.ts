// Rotary position embedding of queries and keys. Pairs are (i, i + half), as in the Llama code of transformers,
// not neighbours; angles are float32.
import { tf } from "@easel/engine";
import type { LanguageConfig } from "../config.js";

/** Cosines and sines `[..., headDim / 2]`, broadcastable over the heads of a query `[..., heads, headDim]`. */
export type RotaryTables = { readonly cos: tf.Tensor; readonly sin: tf.Tensor };

/**
 * Tables for given positions, with an axis of one for the heads.
 *
 * @param positions int32 `[...]`
 * @returns tables `[..., 1, headDim / 2]`
 */
export function rotaryTables(config: LanguageConfig, positions: tf.Tensor): RotaryTables {
  const half = config.headDim / 2;
  const frequencies = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    // Rounded after each step, as float32 code does: one unit in the last place is 3e-5 of an angle near 1000.
    const power = Math.fround(config.ropeTheta ** Math.fround((2 * i) / config.headDim));
    frequencies[i] = 1 / power;
  }
  const spread = tf.reshape(tf.cast(positions, "float32"), [...positions.shape, 1, 1]);
  const angles = tf.mul(spread, tf.tensor1d(frequencies));
  return { cos: tf.cos(angles), sin: tf.sin(angles) };
}

/**
 * Rotates queries or keys.
 *
 * @param x `[..., heads, headDim]`
 * @returns same shape
 */
export function applyRotary(x: tf.Tensor, { cos, sin }: RotaryTables): tf.Tensor {
  const [first, second] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat(
    [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))],
    -1,
  );
}
