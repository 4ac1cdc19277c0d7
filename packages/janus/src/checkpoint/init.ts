// The weights of a new, untrained Janus model.
import type { HostTensor } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import { JanusError } from "../errors.js";
import {
  constantWeights,
  fanInLimit,
  normalWeights,
  type RandomSource,
  uniformWeights,
} from "../initial-weights.js";
import { initVq, unitRows } from "../vq/init.js";
import { codebookName } from "../vq/quantise.js";
import { janusLayout } from "./layout.js";

/** Llama's `initializer_range`. */
const deviation = 0.02;

function initialWeight(name: string, shape: readonly number[], random: RandomSource): HostTensor {
  if (name.endsWith("norm.weight")) return constantWeights(shape, 1);
  return normalWeights(shape, deviation, random);
}

function codebookOf(vq: ReadonlyMap<string, HostTensor>): HostTensor {
  const codebook = vq.get(codebookName);
  if (codebook !== undefined) return codebook;
  throw new JanusError(
    "EASEL_JANUS_CHECKPOINT_MISMATCH",
    `The codec given for the new model lacks "${codebookName}". Pass all weights of a trained codec.`,
  );
}

/**
 * Initial weights: Llama's for the language model (normal, 0.02, norms one), PyTorch's defaults for the image aligner
 * and head (uniform within 1/sqrt(fan-in)), and `gen_embed` set to the unit-length VQ codes times sqrt(codeWidth), so
 * that image tokens start with the codec's geometry.
 *
 * @param options `vq`: weights of a trained codec; a new one by default
 * @returns float32 host tensors under original-layout names; the same source gives the same weights
 */
export function initJanus(
  config: JanusConfig,
  random: RandomSource,
  options: { readonly vq?: ReadonlyMap<string, HostTensor> } = {},
): Map<string, HostTensor> {
  const vq = options.vq ?? initVq(config.vq, random);
  const weights = new Map<string, HostTensor>();
  for (const [name, shape] of janusLayout(config, ["language"])) {
    weights.set(name, initialWeight(name, shape, random));
  }
  const image = janusLayout(config, ["image"]);
  for (const [name, shape] of image) {
    const layer = image.get(name.replace(/\.bias$/, ".weight")) ?? shape;
    weights.set(name, uniformWeights(shape, fanInLimit(layer), random));
  }
  weights.set("gen_embed.weight", unitRows(codebookOf(vq), Math.sqrt(config.image.codeWidth)));
  for (const [name, stored] of vq) weights.set(name, stored);
  return weights;
}
