// The decoder half of the VQ codec: quantised latents to pictures.
import { type Params, silu, type tf, upsampleNearest2x } from "@easel/engine";
import type { VqConfig } from "../config.js";
import { conv1x1, conv3x3 } from "./convolution.js";
import { runLevel, runMiddle } from "./encoder.js";
import { groupNorm } from "./group-norm.js";
import { decoderLevels, vqRoot } from "./levels.js";

/**
 * Decodes latents to pictures (post_quant_conv included). Differentiable.
 *
 * @param latents normalised code vectors `[batch, height, width, codeWidth]`
 * @returns `[batch, height * factor, width * factor, 3]`, nominally in [-1,1], not clipped
 */
export function vqDecoder(config: VqConfig, params: Params, latents: tf.Tensor): tf.Tensor {
  const path = `${vqRoot}.decoder`;
  let h = conv1x1(params, `${vqRoot}.post_quant_conv`, latents);
  h = conv3x3(params, `${path}.conv_in`, h);
  h = runMiddle(config, params, `${path}.mid`, h);
  for (const level of decoderLevels(config)) {
    h = runLevel(config, params, level, h);
    if (level.resample)
      h = conv3x3(params, `${level.path}.upsample.conv`, upsampleNearest2x(h as tf.Tensor4D));
  }
  return conv3x3(
    params,
    `${path}.conv_out`,
    silu(groupNorm(params, `${path}.norm_out`, h, config.normGroups)),
  );
}
