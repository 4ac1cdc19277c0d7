// The kinds of values that settings have, with messages that say what to write instead.
import { z } from "zod";
import { parseSizeBytes } from "../byte-size.js";
import { parseDurationMs } from "../duration.js";

const atLeast = (minimum: number) => `must be a whole number of at least ${minimum}`;

/** Such as a decay. */
export const below1 = z
  .number("must be a number from 0 to below 1")
  .min(0, "must be at least 0")
  .lt(1, "must be below 1");

export const count = z.int(atLeast(1)).min(1, atLeast(1));
export const countOrZero = z.int(atLeast(0)).min(0, atLeast(0));
export const positive = z.number("must be a number above 0").positive("must be a number above 0");
export const notNegative = z
  .number("must be a number of at least 0")
  .min(0, "must be a number of at least 0");
export const fraction = z
  .number("must be a number from 0 to 1")
  .min(0, "must be from 0 to 1")
  .max(1, "must be from 0 to 1");
export const flag = z.boolean("must be true or false");
export const text = z.string("must be a text").min(1, "must not be empty");
export const countOrAuto = z.union(
  [z.literal("auto"), count],
  'must be "auto" or a whole number of at least 1',
);

const durationText = 'must be a duration with its unit, as "500ms", "30s", "10 min" or "2h"';
export const duration = z
  .string(durationText)
  .refine((value) => parseDurationMs(value) !== null, durationText);

const sizeText = 'must be a size with its unit, as "64 MiB" or "1 GB"';
export const size = z.string(sizeText).refine((value) => parseSizeBytes(value) !== null, sizeText);

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, `must be one of ${words.join(", ")}`);
}
