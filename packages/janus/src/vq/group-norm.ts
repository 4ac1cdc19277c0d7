// The codec's group normalisation: the engine's, with the weights of a path and the codec's epsilon.
import { groupNorm as normalise, type Params, type tf, weight } from "@easel/engine";

/** The codec uses 1e-6, not the framework default 1e-5. */
const epsilon = 1e-6;

/**
 * GroupNorm with consecutive channels in a group, biased variance and an affine map per channel.
 *
 * @param x `[batch, height, width, channels]`
 * @param groups divides the channels
 */
export function groupNorm(params: Params, path: string, x: tf.Tensor, groups: number): tf.Tensor {
  const scale = weight(params, `${path}.weight`);
  const shift = weight(params, `${path}.bias`);
  return normalise(x as tf.Tensor4D, scale, shift, { groups, epsilon });
}
