// The codebook of the VQ codec: nearest code on the unit sphere, look-up of codes, and the straight-through
// estimator. How the codebook is trained is the trainer's business.
import { type Params, stopGradient, tf, weight } from "@easel/engine";
import type { VqConfig } from "../config.js";
import { vqRoot } from "./levels.js";

/** Stored name of the codebook, `[codes, codeWidth]`, not of unit length. */
export const codebookName = `${vqRoot}.quantize.embedding.weight`;

/** Norm floor of the original's normalisation: an all-zero row stays zero. */
const normFloor = 1e-12;

/** Result of {@link quantise}. */
export type Quantised = {
  /** Nearest codes, int32 `[batch, height, width]`. */
  readonly codes: tf.Tensor;
  /** The latent at unit length, `[batch, height, width, codeWidth]`; differentiable in the latent. */
  readonly latent: tf.Tensor;
  /** The chosen codebook rows at unit length, same shape; differentiable in the codebook. */
  readonly vectors: tf.Tensor;
};

/** Rows at unit length along the last axis, with the norm floored at 1e-12. */
export function unitLength(x: tf.Tensor): tf.Tensor {
  const squares = tf.sum(tf.square(x), -1, true);
  // Flooring the square keeps the gradient of the root finite at zero.
  return tf.div(x, tf.sqrt(tf.maximum(squares, normFloor * normFloor)));
}

/**
 * The unit-length codebook rows of some codes, laid out channels-last.
 *
 * @param codes int32 `[...]`
 * @returns `[..., codeWidth]`
 */
export function lookUp(params: Params, codes: tf.Tensor): tf.Tensor {
  return tf.gather(unitLength(weight(params, codebookName)), codes);
}

/**
 * Finds the nearest code of every latent, after bringing both latent and codebook to unit length.
 *
 * @param latent `[batch, height, width, codeWidth]`, as {@link vqEncoder} returns it
 */
export function quantise(config: VqConfig, params: Params, latent: tf.Tensor): Quantised {
  const unit = unitLength(latent);
  const codebook = unitLength(weight(params, codebookName));
  // The choice itself has no gradient; without the barriers the look-up would be asked for one.
  const rows = stopGradient(tf.reshape(unit, [-1, config.codeWidth]));
  const fixed = stopGradient(codebook);
  // |z - e|^2 without |z|^2, which is the same for every code.
  const distances = tf.sub(tf.sum(tf.square(fixed), 1), tf.mul(tf.matMul(rows, fixed, false, true), 2));
  const codes = tf.reshape(tf.argMin(distances, 1), latent.shape.slice(0, -1));
  return { codes, latent: unit, vectors: tf.gather(codebook, codes) };
}

/**
 * The value of `vectors` with the gradient of `latent` (straight-through estimator): the decoder's gradient reaches
 * the encoder as if quantisation were the identity, and does not reach the codebook.
 */
export function straightThrough(latent: tf.Tensor, vectors: tf.Tensor): tf.Tensor {
  // What happens inside a custom gradient is not recorded, so the copy cuts the path to the codebook.
  const pass = tf.customGrad(() => ({ value: tf.clone(vectors), gradFunc: (dy: tf.Tensor) => dy }));
  return pass(latent);
}
