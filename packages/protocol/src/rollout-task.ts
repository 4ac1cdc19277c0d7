// The order to sample one group: a prompt, how many samples, in which slices, with which weights and which rewards.
import { z } from "zod";
import { isJsonValue, type JsonValue } from "./canonical-json.js";
import { groupIdSchema } from "./group-id.js";
import { nameSchema } from "./names.js";
import { type PolicyVersion, policyVersionSchema } from "./policy-version.js";
import { type Sampling, samplingSchema } from "./sampling.js";
import { atMsSchema, countSchema, positiveCountSchema } from "./scalars.js";

/** Samples `from` (included) to `to` (excluded) of a group; the unit of a trajectory message. */
export type Slice = { readonly slice: number; readonly from: number; readonly to: number };

/** A reward by name and version. A group never mixes versions. */
export type RewardRef = { readonly name: string; readonly version: string };

export type RolloutTask = {
  readonly run: string;
  /** Issue number and content digest, see `groupId`. */
  readonly group: string;
  /** Position in the run's sequence of issued groups; never reused. */
  readonly issue: number;
  readonly promptText: string;
  /** What the rewards need to know about the prompt; opaque here. */
  readonly promptSpec: JsonValue;
  readonly groupSize: number;
  /** Cover 0..groupSize without gap or overlap, numbered from 0. */
  readonly slices: readonly Slice[];
  readonly sampling: Sampling;
  /** Oldest weights that may sample this group; newer ones of the same run are welcome. */
  readonly policy: PolicyVersion;
  readonly rewards: readonly RewardRef[];
  readonly issuedAtMs: number;
};

/** Everything of a task that decides what is sampled and how it is scored: the part that the group id digests. */
export type RolloutTaskContent = Omit<RolloutTask, "group" | "issuedAtMs">;

export const rewardRefSchema: z.ZodType<RewardRef> = z.strictObject({
  name: nameSchema,
  version: z.string().min(1).max(128),
});

const sliceSchema: z.ZodType<Slice> = z.strictObject({
  slice: countSchema,
  from: countSchema,
  to: countSchema,
});

export const rolloutTaskSchema: z.ZodType<RolloutTask> = z
  .strictObject({
    run: nameSchema,
    group: groupIdSchema,
    issue: countSchema,
    promptText: z.string().min(1),
    promptSpec: z.custom<JsonValue>(isJsonValue, "must be plain JSON data"),
    groupSize: positiveCountSchema,
    slices: z.array(sliceSchema).min(1),
    sampling: samplingSchema,
    policy: policyVersionSchema,
    rewards: z.array(rewardRefSchema).min(1),
    issuedAtMs: atMsSchema,
  })
  .refine((task) => slicesCover(task.slices, task.groupSize), {
    path: ["slices"],
    message: "must be numbered from 0 and cover every sample of the group exactly once, in order",
  })
  .refine((task) => new Set(task.rewards.map((reward) => reward.name)).size === task.rewards.length, {
    path: ["rewards"],
    message: "must name each reward once",
  });

function slicesCover(slices: readonly Slice[], groupSize: number): boolean {
  let next = 0;
  for (const [position, slice] of slices.entries()) {
    if (slice.slice !== position || slice.from !== next || slice.to <= slice.from) return false;
    next = slice.to;
  }
  return next === groupSize;
}

/** Splits a group of `groupSize` samples into slices of at most `sliceSize`. */
export function sliceGroup(groupSize: number, sliceSize: number): Slice[] {
  const slices: Slice[] = [];
  for (let from = 0; from < groupSize; from += sliceSize) {
    slices.push({ slice: slices.length, from, to: Math.min(from + sliceSize, groupSize) });
  }
  return slices;
}
