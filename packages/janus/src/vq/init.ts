// A new, untrained VQ codec.
import { type HostTensor, toFloat32 } from "@easel/engine";
import type { VqConfig } from "../config.js";
import {
  constantWeights,
  fanInLimit,
  hostFloats,
  normalWeights,
  type RandomSource,
  uniformWeights,
} from "../initial-weights.js";
import { vqLayout } from "./layout.js";
import { codebookName } from "./quantise.js";

/** Rows scaled to unit length, on the host; a zero row stays zero. */
export function unitRows(table: HostTensor, scale = 1): HostTensor {
  const width = table.shape[1] ?? 1;
  const values = toFloat32(table).slice();
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const norm = Math.max(Math.hypot(...row), 1e-12);
    for (const [index, value] of row.entries()) row[index] = (value / norm) * scale;
  }
  return hostFloats(values, table.shape);
}

/**
 * Initial weights of a codec: PyTorch's defaults for convolutions (uniform within 1/sqrt(fan-in)), ones and zeros for
 * norms, and codes spread evenly over the unit sphere.
 *
 * @returns float32 host tensors by name, in layout order; the same source gives the same weights
 */
export function initVq(config: VqConfig, random: RandomSource): Map<string, HostTensor> {
  const layout = vqLayout(config);
  const shapes = new Map([...layout.encoder, ...layout.decoder]);
  const weights = new Map<string, HostTensor>();
  for (const [name, shape] of shapes) {
    const layer = shapes.get(name.replace(/\.bias$/, ".weight")) ?? shape;
    // Only norms have a vector as their weight.
    const norm = layer.length === 1;
    if (norm) weights.set(name, constantWeights(shape, name.endsWith(".weight") ? 1 : 0));
    else weights.set(name, uniformWeights(shape, fanInLimit(layer), random));
  }
  weights.set(codebookName, unitRows(normalWeights([config.codes, config.codeWidth], 1, random)));
  return weights;
}
