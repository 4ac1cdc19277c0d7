// Rollouts, rewards and group-relative policy optimisation.
import { z } from "zod";
import {
  count,
  countOrAuto,
  countOrZero,
  flag,
  fraction,
  notNegative,
  oneOf,
  positive,
} from "./quantities.js";

export const rolloutSchema = z.strictObject({
  workers: count,
  /** Compute threads of one worker; "auto" shares the cores among the processes of a local run. */
  threads: countOrAuto,
  /** Groups decoded together in one call; rows = groups * grpo.groupSize. */
  slots: count,
  /** Most rows in one call; "auto" takes all of the slots at once. Fewer need a smaller cache and several calls. */
  maxRows: countOrAuto,
  temperature: positive,
  /** Weight of classifier-free guidance; 1 is none. */
  guidanceScale: z.number("must be a number of at least 1").min(1, "must be a number of at least 1"),
  /** Most tokens of a chain before begin-of-image is forced. */
  textCap: count,
  /** What the picture decoder's convolutions take in. */
  convolution: oneOf(["f32", "bf16"]),
});

export const rewardNames = ["sem", "spa", "pi", "ri", "q"] as const;

export const rewardsSchema = z.strictObject({
  names: z
    .array(oneOf(rewardNames), `must be a list out of ${rewardNames.join(", ")}`)
    .min(1, "must name at least one reward")
    .refine((names) => new Set(names).size === names.length, "names a reward twice"),
  /** What a reward that could not be measured does. */
  missing: oneOf(["ignore", "drop-group", "lowest"]),
  combine: oneOf(["product", "sum"]),
  /** A control: rewards are permuted within their group, so that nothing can be learnt. */
  shuffleWithinGroup: flag,
  workers: count,
});

export const grpoSchema = z.strictObject({
  groupSize: z
    .int("must be a whole number of at least 2")
    .min(2, "must be at least 2: a group is compared with itself"),
  /** Groups of one update. */
  batchGroups: count,
  /** The ratio is clipped to [1 - clip, 1 + clip]. */
  clip: fraction,
  /** Weight of the divergence from the reference policy. */
  beta: notNegative,
  /** Added to a group's standard deviation. */
  stdEpsilon: positive,
  normalisation: oneOf(["tokenMean", "sequenceMean", "drGrpo"]),
  /** Weight versions a group may lag behind at training; 0 is fully on-policy. */
  maxStaleness: countOrZero,
});
