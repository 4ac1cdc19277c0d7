// One example to learn from with a picture: the prompt, its chain, and where the picture is. Reads no files.
import { z } from "zod";
import { chainReason } from "./chain-check.js";

/** A line of a file of supervised examples. */
export type SupervisedExample = {
  /** Unique within the file. */
  readonly id: string;
  /** The caption, without the instruction that the model's template puts before it. */
  readonly prompt: string;
  /** GoT markup with boxes in `[0,1000)` of the picture as it is on disk; without `<begin_of_image>`. */
  readonly chain: string;
  /** Path of the picture with `/`, relative to the folder of the file; never leaves that folder. */
  readonly image: string;
  /** Width of the picture on disk in pixels. */
  readonly width: number;
  /** Height of the picture on disk in pixels. */
  readonly height: number;
  /** The data set it comes from. */
  readonly source: string;
};

const words = z.string().refine((text) => text.trim() !== "", "must hold words");

/** Whether a path stays within the folder it is relative to, on every system. */
export function isInnerPath(path: string): boolean {
  if (path === "" || path.startsWith("/") || /[\\\0]|^[A-Za-z]:/.test(path)) return false;
  return path.split("/").every((part) => part !== ".." && part !== "");
}

const chain = words.superRefine((text, context) => {
  const reason = chainReason(text);
  if (reason !== null) context.addIssue({ code: "custom", message: `is no chain to train on (${reason})` });
});

/** Checks a parsed line; unknown fields are refused, so that a mistyped one is not lost. */
export const supervisedExampleSchema: z.ZodType<SupervisedExample> = z.strictObject({
  id: words,
  prompt: words,
  chain,
  image: z
    .string()
    .refine(isInnerPath, "must be a path with / inside the folder of this file, without .. and not absolute"),
  width: z.int().positive(),
  height: z.int().positive(),
  source: words,
});
