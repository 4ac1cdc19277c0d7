// One running average of an optimiser, kept in float32 or in 8 bits. What is averaged is the optimiser's matter.

import { tf } from "../tf.js";
import { BLOCK_SIZE, blocksFor, dequantise, type QuantisedKind, quantise } from "./block-quantisation.js";

/** How moments are kept: 4 bytes an element, or about 1. */
export type MomentStorage = "f32" | "8bit";

/** A running average that starts at zero. */
export type Moment = {
  /** To be saved, by suffix to the moment's name: `""`, or `.codes` and `.scales`. */
  readonly state: Readonly<Record<string, tf.Variable>>;
  read(): tf.Tensor;
  /** @param step scalar, the number of this write */
  write(value: tf.Tensor, step: tf.Tensor): void;
};

// Smaller variables are norms and biases: little to save, and few values to share a scale.
const SMALLEST_QUANTISED = 16 * BLOCK_SIZE;

/** A moment for a variable; one with fewer than 4096 elements stays float32 whatever `storage` says. */
export function createMoment(variable: tf.Variable, storage: MomentStorage, kind: QuantisedKind): Moment {
  if (storage === "f32" || variable.size < SMALLEST_QUANTISED) {
    const value = zerosFor(variable);
    return { state: { "": value }, read: () => value, write: (next) => value.assign(next) };
  }
  const blocks = blocksFor(variable.size);
  const { codes, scales } = tf.tidy(() => {
    const zeros = quantise(tf.zeros([blocks * BLOCK_SIZE]), kind, tf.scalar(0));
    return { codes: tf.variable(zeros.codes, false), scales: tf.variable(zeros.scales, false) };
  });
  return {
    state: { ".codes": codes, ".scales": scales },
    read: () => dequantise({ codes, scales }, kind, variable.shape),
    write: (next, step) =>
      tf.tidy(() => {
        const quantised = quantise(next, kind, step);
        codes.assign(quantised.codes);
        scales.assign(quantised.scales);
      }),
  };
}

/** A variable of zeros with the shape of another, not itself trained. */
export function zerosFor(variable: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
}
