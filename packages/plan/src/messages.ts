// Bytes that travel: a trajectory message, a picture, an announcement of weights, a checkpoint of a run.
import type { JanusConfig } from "@easel/janus";
import { F32 } from "./part.js";
import type { Trained } from "./training-memory.js";
import type { Workload } from "./workload.js";

/** Keys, digests and the span of weights of one sample in its MessagePack form. */
const sampleOverhead = 430;
/** Letters of chain text for a token. */
const lettersPerToken = 4;
/** Everything of a message but its samples and prompt. */
const messageOverhead = 900;
/** Bytes of a PNG for a pixel: photographs; flat drawings take far less. Estimated. */
const pngBytesPerPixel = 1.6;

/** Bytes of a trajectory message with so many samples: ids and log-probs in four bytes each, chain once more as text. */
export function trajectoryBytes({ prompt, chain, image }: Workload, samples: number): number {
  const tokens = chain + image;
  const sample = 2 * F32 * tokens + lettersPerToken * chain + sampleOverhead;
  return messageOverhead + F32 * prompt + samples * sample;
}

/** Bytes of one stored picture, roughly. */
export function pictureBytes({ image }: JanusConfig): number {
  return pngBytesPerPixel * image.imageSize ** 2;
}

/** Bytes of one announcement of weights: what moves, as float32. */
export function weightUpdateBytes({ moving }: Trained): number {
  return moving * F32;
}

/** Bytes of the optimizer's file beside the weights in a checkpoint of a run. */
export function optimizerBytes({ moving, moments }: Trained): number {
  return moving * (moments === "8bit" ? 2.03 : 8);
}
