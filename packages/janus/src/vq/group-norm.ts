// Group normalisation over channels-last pictures, and the swish that follows it everywhere in the codec. Both bring
// their own gradients: the derived ones make three times as many passes over the pictures.
import { type Params, tf, weight } from "@easel/engine";

/** The codec uses 1e-6, not the framework default 1e-5. */
const epsilon = 1e-6;

/** Averages per-channel values `[batch, channels]` over each group, given back once per channel: `[batch, 1, channels]`. */
function shareInGroup(perChannel: tf.Tensor, groups: number): tf.Tensor {
  const [batch = 0, channels = 0] = perChannel.shape;
  const size = channels / groups;
  const perGroup = tf.mean(tf.reshape(perChannel, [batch, groups, size]), 2, true);
  return tf.reshape(tf.tile(perGroup, [1, 1, size]), [batch, 1, channels]);
}

/**
 * `scale * (x - mean) / sqrt(variance + eps) + shift` with mean and variance of each group.
 *
 * Positions are reduced first and the channels of a group afterwards: reducing the middle axis alone is the fast path
 * of the kernels, and what is left is tiny.
 *
 * @param x `[batch, positions, channels]`
 * @param scale `[channels]`
 * @param shift `[channels]`
 */
function normalise(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, groups: number): tf.Tensor {
  const run = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, gain, offset, save] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub(input, shareInGroup(tf.mean(input, 1), groups));
    const variance = shareInGroup(tf.mean(tf.square(centred), 1), groups);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const value = tf.add(tf.mul(centred, tf.mul(inverse, gain)), offset);
    save([centred, inverse, gain]);
    return { value, gradFunc: (dy, saved) => backward(dy, saved, groups) };
  });
  return run(x, scale, shift);
}

/**
 * With h the normalised input and means over a group:
 * dx = (gain dy - mean(gain dy) - h mean(gain dy h)) / deviation; dgain = sum(dy h); doffset = sum(dy).
 */
function backward(dy: tf.Tensor, saved: tf.Tensor[], groups: number): tf.Tensor[] {
  const [centred, inverse, gain] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const [batch = 0, positions = 1, channels = 0] = centred.shape;
  const sumDy = tf.sum(dy, 1);
  const sumDyH = tf.mul(tf.sum(tf.mul(dy, centred), 1), tf.reshape(inverse, [batch, channels]));
  const meanDy = tf.div(shareInGroup(tf.mul(sumDy, gain), groups), positions);
  const meanDyH = tf.div(shareInGroup(tf.mul(sumDyH, gain), groups), positions);
  const pulled = tf.add(tf.mul(centred, tf.mul(meanDyH, tf.square(inverse))), tf.mul(meanDy, inverse));
  const dx = tf.sub(tf.mul(dy, tf.mul(inverse, gain)), pulled);
  return [dx, tf.sum(sumDyH, 0), tf.sum(sumDy, 0)];
}

/**
 * GroupNorm with consecutive channels in a group, biased variance and an affine map per channel.
 *
 * @param x `[batch, height, width, channels]`
 * @param groups divides the channels
 */
export function groupNorm(params: Params, path: string, x: tf.Tensor, groups: number): tf.Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const flat = tf.reshape(x, [batch, height * width, channels]);
  const y = normalise(flat, weight(params, `${path}.weight`), weight(params, `${path}.bias`), groups);
  return tf.reshape(y, x.shape);
}

/** x * sigmoid(x), with gradient dy (y + s (1 - y)) where s = sigmoid(x). */
export function swish(x: tf.Tensor): tf.Tensor {
  const run = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    const s = tf.sigmoid(input);
    const y = tf.mul(input, s);
    save([s, y]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [gate, value] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(dy, tf.add(value, tf.mul(gate, tf.sub(1, value))));
    };
    return { value: y, gradFunc };
  });
  return run(x);
}
