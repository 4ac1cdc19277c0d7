// The levels of the codec as data: which width each one reads and writes, and where it attends. The network
// functions and the list of weights are both driven by it, so they cannot disagree.
import type { VqConfig } from "../config.js";

/** One level of the encoder or decoder, in stored order (`conv_blocks.I`). */
export type Level = {
  readonly path: string;
  /** Width before each residual block; all blocks write `width`. */
  readonly blockInputs: readonly number[];
  readonly width: number;
  readonly attention: boolean;
  /** Whether a resampling step follows. */
  readonly resample: boolean;
};

/** Stored path of the codec in a checkpoint. */
export const vqRoot = "gen_vision_model";

function chainOf(first: number, width: number, blocks: number): readonly number[] {
  return Array.from({ length: blocks }, (_, index) => (index === 0 ? first : width));
}

/** Encoder levels, highest resolution first; only the last one attends and does not halve the side. */
export function encoderLevels(config: VqConfig): readonly Level[] {
  const { channels, multipliers, resBlocks } = config;
  return multipliers.map((multiplier, index) => {
    const width = channels * multiplier;
    const last = index === multipliers.length - 1;
    return {
      path: `${vqRoot}.encoder.conv_blocks.${index}`,
      blockInputs: chainOf(channels * (multipliers[index - 1] ?? 1), width, resBlocks),
      width,
      attention: last && config.attention === "lowest-and-mid",
      resample: !last,
    };
  });
}

/** Decoder levels, LOWEST resolution first (index 0 attends); one residual block more than the encoder. */
export function decoderLevels(config: VqConfig): readonly Level[] {
  const { channels, resBlocks } = config;
  const upwards = [...config.multipliers].reverse();
  return upwards.map((multiplier, index) => {
    const width = channels * multiplier;
    return {
      path: `${vqRoot}.decoder.conv_blocks.${index}`,
      blockInputs: chainOf(channels * (upwards[index - 1] ?? multiplier), width, resBlocks + 1),
      width,
      attention: index === 0 && config.attention === "lowest-and-mid",
      resample: index < upwards.length - 1,
    };
  });
}

/** Width of the lowest level, which the middle blocks share. */
export function lowestWidth(config: VqConfig): number {
  return config.channels * (config.multipliers.at(-1) ?? 1);
}

/** By how much the codec shrinks a side. */
export function downsampling(config: VqConfig): number {
  return 2 ** (config.multipliers.length - 1);
}
