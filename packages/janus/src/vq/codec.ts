// The VQ codec as a whole: codes to pictures and back, and the conversion to bytes. Training uses the pieces.
import { type Params, tf } from "@easel/engine";
import type { VqConfig } from "../config.js";
import { JanusError } from "../errors.js";
import { vqDecoder } from "./decoder.js";
import { vqEncoder } from "./encoder.js";
import { lookUp, quantise } from "./quantise.js";

/**
 * Decodes square grids of codes in raster order.
 *
 * @param codes int32 `[batch, tokens]` in [0, codes), `tokens` a square number
 * @returns `[batch, side, side, 3]`, nominally in [-1,1], not clipped
 * @throws JanusError `EASEL_JANUS_SHAPE_MISMATCH`
 */
export function vqDecode(config: VqConfig, params: Params, codes: tf.Tensor): tf.Tensor {
  const [batch = 0, tokens = 0] = codes.shape;
  const side = Math.round(Math.sqrt(tokens));
  if (codes.rank !== 2 || side * side !== tokens || tokens === 0) {
    throw new JanusError(
      "EASEL_JANUS_SHAPE_MISMATCH",
      `VQ decoding got codes of shape [${codes.shape}]. Pass [batch, tokens] with a square number of tokens.`,
    );
  }
  return vqDecoder(config, params, lookUp(params, tf.reshape(codes, [batch, side, side])));
}

/**
 * Encodes pictures to codes in raster order.
 *
 * @param images `[batch, height, width, 3]` in [-1,1]
 * @returns int32 `[batch, tokens]`
 * @throws JanusError `EASEL_JANUS_SHAPE_MISMATCH`
 */
export function vqEncode(config: VqConfig, params: Params, images: tf.Tensor): tf.Tensor {
  const { codes } = quantise(config, params, vqEncoder(config, params, images));
  return tf.reshape(codes, [images.shape[0] ?? 0, -1]);
}

/** Pictures in [-1,1] to 0..255 as int32: clipped, then truncated as the original does, not rounded. */
export function toLevels(images: tf.Tensor): tf.Tensor {
  const scaled = tf.mul(tf.div(tf.add(images, 1), 2), 255);
  return tf.cast(tf.floor(tf.clipByValue(scaled, 0, 255)), "int32");
}

/** 0..255 to [-1,1]. The inverse of {@link toLevels} up to its truncation. */
export function fromLevels(levels: tf.Tensor): tf.Tensor {
  return tf.sub(tf.mul(tf.div(tf.cast(levels, "float32"), 255), 2), 1);
}
