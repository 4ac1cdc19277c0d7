// The padded prompt length that a set of prompts needs: one compiled shape for all of them, since each more is compiled
// before the first sample is drawn.
import type { JanusModel } from "@easel/janus";

const step = 8;

/** Tokens of the longest prompt, rounded up to a multiple of 8. */
export function promptBucket(
  { tokenizer }: JanusModel,
  prompts: readonly { readonly text: string }[],
): number {
  const longest = Math.max(1, ...prompts.map(({ text }) => tokenizer.encodePrompt(text).length));
  return Math.ceil(longest / step) * step;
}
