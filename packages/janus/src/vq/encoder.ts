// The encoder half of the VQ codec: pictures to latents, before quantisation.
import { type Params, silu, type tf } from "@easel/engine";
import type { VqConfig } from "../config.js";
import { JanusError } from "../errors.js";
import { attentionBlock, residualBlock } from "./blocks.js";
import { conv1x1, conv3x3 } from "./convolution.js";
import { groupNorm } from "./group-norm.js";
import { downsampling, encoderLevels, type Level, vqRoot } from "./levels.js";

/** Residual blocks of a level, each followed by attention where the level attends. Shared with the decoder. */
export function runLevel(config: VqConfig, params: Params, level: Level, x: tf.Tensor): tf.Tensor {
  let h = x;
  for (const block of level.blockInputs.keys()) {
    h = residualBlock(params, `${level.path}.res.${block}`, h, config.normGroups);
    if (level.attention) h = attentionBlock(params, `${level.path}.attn.${block}`, h, config.normGroups);
  }
  return h;
}

/** Residual, attention, residual at the lowest resolution. Shared with the decoder. */
export function runMiddle(config: VqConfig, params: Params, path: string, x: tf.Tensor): tf.Tensor {
  const first = residualBlock(params, `${path}.0`, x, config.normGroups);
  const attends = config.attention === "lowest-and-mid";
  const middle = attends ? attentionBlock(params, `${path}.1`, first, config.normGroups) : first;
  return residualBlock(params, `${path}.2`, middle, config.normGroups);
}

/**
 * Encodes pictures to latents (quant_conv included), neither normalised nor quantised. Differentiable.
 *
 * @param images `[batch, height, width, 3]` in [-1,1], sides a multiple of the codec's factor
 * @returns `[batch, height / factor, width / factor, codeWidth]`
 * @throws JanusError `EASEL_JANUS_SHAPE_MISMATCH` for other shapes
 */
export function vqEncoder(config: VqConfig, params: Params, images: tf.Tensor): tf.Tensor {
  const [, height = 0, width = 0, colours] = images.shape;
  const factor = downsampling(config);
  if (
    images.rank !== 4 ||
    colours !== 3 ||
    height % factor !== 0 ||
    width % factor !== 0 ||
    height * width === 0
  ) {
    throw new JanusError(
      "EASEL_JANUS_SHAPE_MISMATCH",
      `The VQ encoder got images of shape [${images.shape}]. Pass [batch, height, width, 3] with sides divisible by ${factor}.`,
    );
  }
  const path = `${vqRoot}.encoder`;
  let h = conv3x3(params, `${path}.conv_in`, images);
  for (const level of encoderLevels(config)) {
    h = runLevel(config, params, level, h);
    if (level.resample) h = conv3x3(params, `${level.path}.downsample.conv`, h, 2);
  }
  h = runMiddle(config, params, `${path}.mid`, h);
  h = conv3x3(params, `${path}.conv_out`, silu(groupNorm(params, `${path}.norm_out`, h, config.normGroups)));
  return conv1x1(params, `${vqRoot}.quant_conv`, h);
}
