// Floating-point operations of a forward pass over sequences and of one decoding step. Two for each weight and token.
import { type JanusConfig, janusLayout } from "@easel/janus";
import type { Parameters } from "./parameters.js";
import type { Rates } from "./rates.js";
import { cacheBytesPerToken } from "./rollout-memory.js";
import { movedBytes, type WeightStorage } from "./weight-storage.js";
import type { Workload } from "./workload.js";

/** A forward pass over one sequence, heads included; with guidance over both of its forms. */
export type ForwardWork = {
  /** Blocks: what recomputation does once more. */
  readonly blocks: number;
  readonly textHead: number;
  readonly imageHead: number;
};

/** Counts a forward pass over one sequence of usual length. */
export function forwardWork(
  config: JanusConfig,
  p: Parameters,
  { prompt, chain, image }: Workload,
  guided: boolean,
): ForwardWork {
  const { layers, heads, headDim, hidden, vocabulary } = config.language;
  const forms = guided ? 2 : 1;
  const length = prompt + chain + image;
  const attention = 4 * length * heads * headDim * layers;
  const { headWidth, codes } = config.image;
  return {
    blocks: forms * length * (2 * p.blocks + attention),
    textHead: 2 * chain * hidden * vocabulary,
    imageHead: forms * 2 * image * (hidden * headWidth + headWidth * codes),
  };
}

/** How one sequence is trained on. */
export type TrainingKind = {
  /** Whole weights, or an adapter over frozen ones. */
  readonly full: boolean;
  readonly recompute: boolean;
  /** A pass under the reference policy goes before. */
  readonly reference: boolean;
  /** Text logits are computed in chunks, and once more going back. */
  readonly chunkedText: boolean;
};

/** Operations of training on one sequence: forward, backward, and what is computed again. */
export function trainingWork(work: ForwardWork, kind: TrainingKind): number {
  const { blocks, textHead, imageHead } = work;
  // Gradients of activations cost one forward pass, those of weights another.
  const passes = (kind.full ? 3 : 2) + (kind.reference ? 1 : 0);
  const again = (kind.recompute ? blocks : 0) + (kind.chunkedText ? textHead : 0);
  return passes * (blocks + textHead + imageHead) + again;
}

/** Milliseconds to decode one batch of rows from prompt to last code. */
export function decodeMs(
  config: JanusConfig,
  p: Parameters,
  workload: Workload,
  batch: { readonly rows: number; readonly guided: boolean; readonly storage: WeightStorage },
  rates: Rates,
): number {
  const streams = batch.rows * (batch.guided ? 2 : 1);
  const { prompt, chain, longestChain, image } = workload;
  // A batch ends with its longest row.
  const longest = Math.min(longestChain, Math.round(1.3 * chain));
  const steps = longest + image;
  const cache = streams * cacheBytesPerToken(config) * (prompt + steps / 2);
  const read = (p.blocks + p.textHead + p.image) * movedBytes[batch.storage] + cache;
  const flops = streams * 2 * (p.blocks + p.image) + batch.rows * 2 * p.textHead * (longest / steps);
  const compute = flops / rates.decodeFlops;
  const memory = read / rates.bytesPerSecond;
  // On the processor arithmetic and reading the cache take turns; a GPU does both at once.
  const busy = rates.measured ? compute + cache / rates.bytesPerSecond : Math.max(compute, memory);
  return steps * (1000 * busy + rates.layerOverheadMs * config.language.layers);
}

/** Operations of turning one picture's codes into pixels: its convolutions, each at the side of its level. */
export function pictureWork(config: JanusConfig): number {
  const { gridSide, imageSize } = config.image;
  let sum = 0;
  for (const [name, shape] of janusLayout(config, ["vq-decoder"])) {
    if (shape.length !== 4) continue;
    const level = /conv_blocks\.(\d+)\./.exec(name)?.[1];
    const doubled = level === undefined ? 0 : Number(level) + (name.includes(".upsample.") ? 1 : 0);
    const side = name.includes("decoder.conv_out") ? imageSize : gridSide * 2 ** doubled;
    sum += 2 * shape.reduce((product, size) => product * size, 1) * side ** 2;
  }
  return sum;
}
