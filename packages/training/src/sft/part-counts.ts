// How many tokens of each part a packed batch is trained on. Plain numbers; the losses themselves are tensors.
import type { PackedSequences, PartWeights } from "@easel/janus";

/** A number for each part of a sequence. */
export type PartCounts = { readonly chain: number; readonly boi: number; readonly image: number };

/** Tokens of each part; rows whose condition was dropped count with their image tokens only. */
export function partCounts({ textMask, textIsBoi, imageMask }: PackedSequences): PartCounts {
  const text = textMask.reduce((sum, mask) => sum + mask, 0);
  const boi = textMask.reduce((sum, mask, index) => sum + mask * (textIsBoi[index] ?? 0), 0);
  return { chain: text - boi, boi, image: imageMask.reduce((sum, mask) => sum + mask, 0) };
}

/** Part by part. */
export function addCounts(a: PartCounts, b: PartCounts): PartCounts {
  return { chain: a.chain + b.chain, boi: a.boi + b.boi, image: a.image + b.image };
}

/** What the weighted sum of log-probs is divided by. */
export function weightedTokens(counts: PartCounts, weights: PartWeights): number {
  return counts.chain * weights.chain + counts.boi * weights.boi + counts.image * weights.image;
}
