// Device memory of drawing: weights, the key-value cache at its largest, logits, and the picture decoder, which runs when
// the cache is gone. A rollout worker draws all the time, a learner when it evaluates.
import type { JanusConfig } from "@easel/janus";
import { F32, type Part, totalOf } from "./part.js";
import type { Workload } from "./workload.js";
import type { Workspace } from "./workspace.js";

/** What a decoding call is made of. */
export type DrawShape = {
  readonly rows: number;
  readonly workload: Workload;
  readonly guided: boolean;
  /** Pictures that the codec decodes in one call. */
  readonly pictures: number;
  /** Whether an adapter lies over the weights: two more products a layer. */
  readonly adapted: boolean;
};

/** Steps by which the cache grows. */
const SEGMENT = 64;
/** Code of a layer with adapters, as a multiple of that without. */
const adaptedCode = 1.45;
/** Feature maps of the widest level that are alive at once in the picture decoder. */
const pictureTensors = 5;

/** Slots of the cache at the end of the last two segments: while it grows both exist. */
function lastSlots({ prompt, longestChain, image }: Workload): {
  readonly last: number;
  readonly before: number;
} {
  const bucket = Math.ceil(prompt / 8) * 8;
  const steps = longestChain + image;
  const last = bucket + steps;
  const before = bucket + SEGMENT * Math.max(0, Math.ceil(steps / SEGMENT) - 1);
  return { last, before };
}

/** Bytes of keys and values of one slot of one row. */
export function cacheBytesPerToken({ language }: JanusConfig): number {
  return 2 * language.layers * language.kvHeads * language.headDim * F32;
}

/** Key-value cache and everything else that decoding tokens needs besides weights. */
export function decodingMemory(config: JanusConfig, shape: DrawShape): readonly Part[] {
  const { vocabulary, hidden, heads } = config.language;
  const streams = shape.rows * (shape.guided ? 2 : 1);
  const { last, before } = lastSlots(shape.workload);
  const slot = cacheBytesPerToken(config) * streams;
  const logits = 4 * (shape.rows * vocabulary + streams * config.image.codes) * F32;
  const attention = 3 * streams * heads * last * F32;
  const table = config.image.codes * hidden * F32 * 2;
  return [
    { name: `key-value cache, ${last} slots`, bytes: slot * last },
    { name: "the same while it grows", bytes: slot * before },
    { name: "logits and tables", bytes: logits + attention + table },
  ];
}

/** Feature maps of the picture decoder. */
export function pictureMemory(config: JanusConfig, pictures: number): readonly Part[] {
  const { channels, multipliers } = config.vq;
  const side = config.image.imageSize;
  const widest = channels * (multipliers[0] ?? 1);
  return [{ name: "picture decoder", bytes: pictureTensors * pictures * side * side * widest * F32 }];
}

/** Compiled functions of decoding: one a segment. */
function codeMemory({ language }: JanusConfig, { workload, adapted }: DrawShape, codeBytes: number): Part {
  const segments = Math.ceil((workload.longestChain + workload.image) / SEGMENT);
  const bytes = segments * language.layers * codeBytes * (adapted ? adaptedCode : 1);
  return { name: `code of ${segments} compiled functions`, bytes };
}

/**
 * Drawing as a whole. Pictures are decoded when the cache is freed: where freed memory is reused the larger of the two
 * counts, else both.
 */
export function drawMemory(
  config: JanusConfig,
  shape: DrawShape,
  { reusesFreed, codeBytes }: Workspace,
): readonly Part[] {
  const code = codeMemory(config, shape, codeBytes);
  const decoding = decodingMemory(config, shape);
  const pictures = pictureMemory(config, shape.pictures);
  if (!reusesFreed) return [...decoding, ...pictures, code];
  return [...(totalOf(pictures) > totalOf(decoding) ? pictures : decoding), code];
}
