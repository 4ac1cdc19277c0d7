// How long sequences are: what a configuration says, and for the rest an assumption that is printed with the plan.
import type { JanusConfig } from "@easel/janus";

/** Lengths in tokens. */
export type Workload = {
  /** A rendered prompt. */
  readonly prompt: number;
  /** A chain of ordinary length, begin-of-image included: time and bytes follow from it. */
  readonly chain: number;
  /** The longest chain, begin-of-image included: memory follows from it. */
  readonly longestChain: number;
  readonly image: number;
};

/** Tokens of GoT-R1's rendered prompt around a sentence of twenty words. Estimated. */
const usualPrompt = 56;
/** Tokens of a chain as long as the published example (about 160 words and five boxes). Estimated. */
const usualChain = 330;

/** The lengths of a model and a cap on chains; assumptions may be replaced. */
export function workloadOf(
  { image }: JanusConfig,
  textCap: number,
  given: { readonly prompt?: number; readonly chain?: number } = {},
): Workload {
  const isSmall = image.tokens < 256;
  return {
    prompt: given.prompt ?? (isSmall ? 22 : usualPrompt),
    chain: Math.min(given.chain ?? Math.min(usualChain, Math.round(0.85 * textCap)), textCap) + 1,
    longestChain: textCap + 1,
    image: image.tokens,
  };
}

/** Padded tokens of the longest sequence: the learner rounds lengths up to a multiple of 16. */
export function longestSequence({ prompt, longestChain, image }: Workload): number {
  return Math.ceil((prompt + longestChain + image) / 16) * 16;
}
