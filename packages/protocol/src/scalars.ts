// Schemas of the plain numbers that several messages share. No message is defined here.
import { z } from "zod";

/** A count or position: an integer from 0 to 2^53 - 1. */
export const countSchema: z.ZodType<number> = z
  .number()
  .refine((value) => Number.isSafeInteger(value) && value >= 0, "must be a whole number of 0 or more");

/** A count that cannot be zero. */
export const positiveCountSchema: z.ZodType<number> = z
  .number()
  .refine((value) => Number.isSafeInteger(value) && value > 0, "must be a whole number of 1 or more");

export const finiteSchema: z.ZodType<number> = z.number().refine(Number.isFinite, "must be finite");

/** Unix time in milliseconds. Shown and measured, never used to decide anything. */
export const atMsSchema: z.ZodType<number> = finiteSchema.refine((value) => value >= 0, "must be 0 or later");
