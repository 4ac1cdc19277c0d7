// How many pictures a call of the picture decoder takes, which bounds its memory. Pure.
import type { JanusConfig } from "../config.js";

/** Enough to keep a call busy. */
const most = 32;
/** Elements of the widest feature map of all pictures of a call: 256 MiB in float32. */
const widestElements = 2 ** 26;

/** At most 32 pictures, and as many as keep the widest feature map of a call within 256 MiB; at least one. */
export function picturesPerCall({ image, vq }: JanusConfig): number {
  const elements = image.imageSize ** 2 * vq.channels * (vq.multipliers[0] ?? 1);
  return Math.max(1, Math.min(most, Math.floor(widestElements / elements)));
}
