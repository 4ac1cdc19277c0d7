// The two repeated blocks of the codec: the residual block and single-head attention over all positions.
import { type Params, silu, tf } from "@easel/engine";
import { conv1x1, conv3x3 } from "./convolution.js";
import { groupNorm } from "./group-norm.js";

/**
 * norm, swish, conv, twice, plus the input. The 1x1 shortcut exists only where the width changes and acts on the
 * un-normalised input.
 *
 * @param x `[batch, height, width, in]`
 * @returns `[batch, height, width, out]`
 */
export function residualBlock(params: Params, path: string, x: tf.Tensor, groups: number): tf.Tensor {
  const first = conv3x3(params, `${path}.conv1`, silu(groupNorm(params, `${path}.norm1`, x, groups)));
  const second = conv3x3(params, `${path}.conv2`, silu(groupNorm(params, `${path}.norm2`, first, groups)));
  const shortcut = params.weights[`${path}.nin_shortcut.weight`] !== undefined;
  return tf.add(shortcut ? conv1x1(params, `${path}.nin_shortcut`, x) : x, second);
}

/**
 * One attention head over all positions with scale 1/sqrt(channels), plus the input.
 *
 * @param x `[batch, height, width, channels]`
 */
export function attentionBlock(params: Params, path: string, x: tf.Tensor, groups: number): tf.Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const flat = tf.reshape(groupNorm(params, `${path}.norm`, x, groups), [batch, height * width, channels]);
  const query = tf.mul(conv1x1(params, `${path}.q`, flat), 1 / Math.sqrt(channels));
  const key = conv1x1(params, `${path}.k`, flat);
  const value = conv1x1(params, `${path}.v`, flat);
  const shares = tf.softmax(tf.matMul(query, key, false, true));
  const mixed = conv1x1(params, `${path}.proj_out`, tf.matMul(shares, value));
  return tf.add(x, tf.reshape(mixed, x.shape));
}
