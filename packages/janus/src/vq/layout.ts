// Names and shapes of the codec's stored weights, derived from its sizes. Used to check checkpoints and to make new
// codecs; the network functions do not need it.
import type { VqConfig } from "../config.js";
import { decoderLevels, encoderLevels, type Level, lowestWidth, vqRoot } from "./levels.js";
import { codebookName } from "./quantise.js";

/** Shapes by weight name, in the original layout. */
export type WeightShapes = ReadonlyMap<string, readonly number[]>;

/** The stored weights of the codec by half; the codebook belongs to both. */
export type VqLayout = {
  readonly encoder: WeightShapes;
  readonly decoder: WeightShapes;
  readonly codebook: WeightShapes;
};

/** Collects the shapes of one half. */
class ShapeList {
  readonly shapes = new Map<string, readonly number[]>();

  conv(path: string, input: number, output: number, side: 1 | 3): void {
    this.shapes.set(`${path}.weight`, [output, input, side, side]);
    this.shapes.set(`${path}.bias`, [output]);
  }

  norm(path: string, width: number): void {
    this.shapes.set(`${path}.weight`, [width]);
    this.shapes.set(`${path}.bias`, [width]);
  }

  residual(path: string, input: number, output: number): void {
    this.norm(`${path}.norm1`, input);
    this.conv(`${path}.conv1`, input, output, 3);
    this.norm(`${path}.norm2`, output);
    this.conv(`${path}.conv2`, output, output, 3);
    if (input !== output) this.conv(`${path}.nin_shortcut`, input, output, 1);
  }

  attention(path: string, width: number): void {
    this.norm(`${path}.norm`, width);
    for (const name of ["q", "k", "v", "proj_out"]) this.conv(`${path}.${name}`, width, width, 1);
  }

  level(level: Level, resampler: "downsample" | "upsample"): void {
    for (const [block, input] of level.blockInputs.entries()) {
      this.residual(`${level.path}.res.${block}`, input, level.width);
      if (level.attention) this.attention(`${level.path}.attn.${block}`, level.width);
    }
    if (level.resample) this.conv(`${level.path}.${resampler}.conv`, level.width, level.width, 3);
  }

  middle(config: VqConfig, path: string): void {
    const width = lowestWidth(config);
    this.residual(`${path}.0`, width, width);
    if (config.attention === "lowest-and-mid") this.attention(`${path}.1`, width);
    this.residual(`${path}.2`, width, width);
  }
}

function encoderShapes(config: VqConfig): WeightShapes {
  const list = new ShapeList();
  const path = `${vqRoot}.encoder`;
  list.conv(`${path}.conv_in`, 3, config.channels, 3);
  for (const level of encoderLevels(config)) list.level(level, "downsample");
  list.middle(config, `${path}.mid`);
  list.norm(`${path}.norm_out`, lowestWidth(config));
  list.conv(`${path}.conv_out`, lowestWidth(config), config.latentChannels, 3);
  list.conv(`${vqRoot}.quant_conv`, config.latentChannels, config.codeWidth, 1);
  return list.shapes;
}

function decoderShapes(config: VqConfig): WeightShapes {
  const list = new ShapeList();
  const path = `${vqRoot}.decoder`;
  const levels = decoderLevels(config);
  const last = levels.at(-1)?.width ?? config.channels;
  list.conv(`${vqRoot}.post_quant_conv`, config.codeWidth, config.latentChannels, 1);
  list.conv(`${path}.conv_in`, config.latentChannels, lowestWidth(config), 3);
  list.middle(config, `${path}.mid`);
  for (const level of levels) list.level(level, "upsample");
  list.norm(`${path}.norm_out`, last);
  list.conv(`${path}.conv_out`, last, 3, 3);
  return list.shapes;
}

/** Names and shapes of all stored weights of a codec. */
export function vqLayout(config: VqConfig): VqLayout {
  return {
    encoder: encoderShapes(config),
    decoder: decoderShapes(config),
    codebook: new Map([[codebookName, [config.codes, config.codeWidth]]]),
  };
}
