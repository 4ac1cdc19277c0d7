// Dropout in front of an adapter's pairs, as the PEFT library has it: of what a pair reads some numbers are left out, the
// others are scaled up; the frozen weight reads all of them. For training alone.

import { sequencedAfter } from "../loss/sequenced.js";
import { type RandomWords, randomUniform } from "../random/index.js";
import { tf } from "../tf.js";
import { stopGradient } from "./gradients.js";

/** Which numbers are left out. The same words leave out the same ones, also when a layer is computed again. */
export type AdapterDropout = {
  /** Share of the numbers, in [0,1). */
  readonly rate: number;
  /** Words 0 and 3 of the counter are left at zero: numbers of a layer and layers are told apart by them. */
  readonly words: RandomWords;
};

/**
 * What the pair of one layer reads.
 *
 * @param x `[n, in]`
 * @param layer number of the layer among those of the adapter
 * @returns `[n, in]`, `x / (1 - rate)` or 0
 */
export function droppedInput(x: tf.Tensor, layer: number, { rate, words }: AdapterDropout): tf.Tensor {
  const counter = tf.add(words.counter, tf.tensor1d([0, 0, 0, layer], "int32"));
  // Drawn after `x`: in a graph two draws of the same words are one tensor, and a layer that is computed again for the
  // backward pass would keep the forward pass's draw in memory until then.
  const after = sequencedAfter(counter, stopGradient(x));
  const uniform = randomUniform(x.shape, { key: words.key, counter: after });
  const kept = tf.cast(tf.greaterEqual(uniform, rate), "float32");
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}
