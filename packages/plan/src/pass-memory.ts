// Memory of one gradient pass of the decoder besides weights: what the backward pass keeps, what one layer works with, and
// logits. Counted from the product's own gradients (attention, gated SiLU and RMS norm each keep what is named here).
import { type JanusConfig, textChunk } from "@easel/janus";
import { F32, type Part } from "./part.js";
import { longestSequence, type Workload } from "./workload.js";

/** What a pass is made of. */
export type PassShape = {
  readonly rows: number;
  readonly workload: Workload;
  /** Guided rows are computed with their unconditional form. */
  readonly guided: boolean;
  readonly recompute: boolean;
  /** Rank of the adapter; 0 where whole weights are trained. */
  readonly rank: number;
  /** Whether there is dropout in front of the adapter; false when left out. */
  readonly thinned?: boolean;
  /** Whether the text head's weight gets a gradient. */
  readonly headTrained: boolean;
};

/** Tensors of image logits' size that are alive at once: logits, exponentials that are kept, their gradient, one-hot. */
const imageLogitTensors = 4;
/** The same for text, where they are held whole; a chunk's are one more, for its transposed logits. */
const textLogitTensors = 4;
/** Tensors that a draw of dropout for the widest layer goes through: words, bits, numbers, choices, products. */
const drawTensors = 8;
/** Linear layers of a block, each with an inner tensor as wide as the rank. */
const adaptedLayers = 7;

/** Floats that the backward pass of one layer needs, for one token of a sequence of `length`. */
export function keptByLayer(
  { language }: JanusConfig,
  length: number,
  { rank, thinned = false }: Pick<PassShape, "rank" | "thinned">,
): number {
  const { hidden, heads, headDim, intermediate } = language;
  const attention = 5 * heads * headDim + heads * length; // queries, keys, values, result, its transpose; shares
  const norms = 4 * hidden; // two norms, each its normalised input and its output
  const gate = 4 * intermediate; // sigmoid, active gate, up, their product
  const drawn = thinned ? 5 * hidden + heads * headDim + intermediate : 0; // what each adapted layer reads, once more
  return attention + norms + gate + adaptedLayers * rank + drawn;
}

/** Floats that the backward pass of one layer works with beside {@link keptByLayer}, for one token. */
function workedByLayer({ language }: JanusConfig, length: number, thinned = false): number {
  const { hidden, heads, headDim, intermediate } = language;
  const draws = thinned ? drawTensors * intermediate : 0;
  return draws + 3 * hidden + Math.max(5 * intermediate, 4 * heads * headDim + 3 * heads * length);
}

/** Floats of a pass that lie between forward and backward, for all layers, in each of the two ways. */
function activationsOf(
  config: JanusConfig,
  shape: PassShape,
): { readonly kept: number; readonly recomputed: number } {
  const { hidden, layers } = config.language;
  const length = longestSequence(shape.workload);
  const tokens = shape.rows * length * (shape.guided ? 2 : 1);
  const layer = keptByLayer(config, length, shape) * tokens;
  return { kept: layers * layer, recomputed: layers * hidden * tokens + layer };
}

/** Bytes of what a pass keeps for its backward half: with all activations kept, and with layers recomputed. */
export function activationBytes(
  config: JanusConfig,
  shape: PassShape,
): { readonly kept: number; readonly recomputed: number } {
  const { kept, recomputed } = activationsOf(config, shape);
  return { kept: kept * F32, recomputed: recomputed * F32 };
}

/** Bytes of logits and what is made of them. */
export type LogitBytes = { readonly image: number; readonly text: number };

/** Logits of a pass with their gradients: of pictures whole, of text a chunk. */
export function logitBytes(config: JanusConfig, shape: PassShape): LogitBytes {
  const { hidden, vocabulary } = config.language;
  const images = shape.rows * shape.workload.image * config.image.codes;
  const texts = shape.rows * shape.workload.longestChain;
  const chunk = textChunk(texts, vocabulary);
  const headGradient = chunk < texts && shape.headTrained ? 2 * vocabulary * hidden : 0;
  // Guided logits are mixed out of two.
  const tensors = imageLogitTensors + (shape.guided ? 2 : 0);
  return {
    image: tensors * images * F32,
    text: (textLogitTensors * chunk * vocabulary + headGradient) * F32,
  };
}

/** The parts of a pass at the longest sequences that the settings allow. Pure. */
export function passMemory(config: JanusConfig, shape: PassShape): readonly Part[] {
  const { hidden } = config.language;
  const length = longestSequence(shape.workload);
  const tokens = shape.rows * length * (shape.guided ? 2 : 1);
  const { kept, recomputed } = activationBytes(config, shape);
  // The table of aligned codes is computed once where there are more places than codes.
  const table = config.image.codes <= tokens ? 3 * config.image.codes * hidden : 0;
  const layer = (workedByLayer(config, length, shape.thinned) * tokens + 3 * hidden * tokens + table) * F32;
  const { image, text } = logitBytes(config, shape);
  return [
    shape.recompute
      ? { name: "activations (layers recomputed)", bytes: recomputed }
      : { name: "activations (all kept)", bytes: kept },
    // Logits are gone when the first layer goes back.
    image + text > layer
      ? { name: "logits", bytes: image + text }
      : { name: "working tensors of a layer", bytes: layer },
  ];
}
