// One prompt of reinforcement learning. Reads no files.
import { z } from "zod";

/** A line of a file of RL prompts. */
export type RlPrompt = {
  /** Unique within the file. */
  readonly id: string;
  /** The caption, without the instruction that the model's template puts before it. */
  readonly prompt: string;
  /** The list it comes from. */
  readonly source: string;
  /** What the prompt asks for, e.g. `spatial`; absent where the source does not say. */
  readonly skill?: string;
};

const words = z.string().refine((text) => text.trim() !== "", "must hold words");

/** Checks a parsed line; unknown fields are refused, so that a mistyped one is not lost. */
export const rlPromptSchema: z.ZodType<RlPrompt> = z.strictObject({
  id: words,
  prompt: words,
  source: words,
  skill: z.exactOptional(words),
});
