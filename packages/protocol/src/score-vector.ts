// What one reward says about one slice: a value for each sample, or an explicit gap with its reason.
import { z } from "zod";
import { isJsonValue, type JsonValue } from "./canonical-json.js";
import { type Digest, digestSchema } from "./digest.js";
import { groupIdSchema } from "./group-id.js";
import { nameSchema } from "./names.js";
import { countSchema } from "./scalars.js";

export type Score = {
  /** In [0,1]; null when the reward could not be had, and then `reason` says why. */
  readonly value: number | null;
  readonly reason?: string;
  /** The picture that was judged; a score for another picture is refused. */
  readonly imageDigest: Digest;
  /** What the reward measured on the way, for reports; nothing is computed from it. */
  readonly detail?: JsonValue;
};

export type ScoreVector = {
  readonly run: string;
  readonly group: string;
  readonly slice: number;
  readonly reward: string;
  readonly version: string;
  readonly attempt: string;
  /** One for each sample of the trajectory, in its order. */
  readonly scores: readonly Score[];
  /** SHA-256 of the trajectory message's bytes. */
  readonly trajectoryDigest: Digest;
};

const scoreSchema: z.ZodType<Score> = z
  .strictObject({
    value: z.number().min(0).max(1).nullable(),
    reason: z.exactOptional(z.string().min(1)),
    imageDigest: digestSchema,
    detail: z.exactOptional(z.custom<JsonValue>(isJsonValue, "must be plain JSON data")),
  })
  .refine((score) => score.value !== null || score.reason !== undefined, {
    path: ["reason"],
    message: "must be given when there is no value",
  });

export const scoreVectorSchema: z.ZodType<ScoreVector> = z.strictObject({
  run: nameSchema,
  group: groupIdSchema,
  slice: countSchema,
  reward: nameSchema,
  version: z.string().min(1).max(128),
  attempt: z.string().min(1).max(64),
  scores: z.array(scoreSchema).min(1),
  trajectoryDigest: digestSchema,
});
