// A task or score that no worker could finish, with the reason. It closes the group; nothing retries it by itself.
import { z } from "zod";
import { groupIdSchema } from "./group-id.js";
import { nameSchema } from "./names.js";
import { atMsSchema, countSchema } from "./scalars.js";

export type DeadLetter = {
  readonly run: string;
  readonly group: string;
  /** Where it died: sampling the group, or scoring one of its slices. */
  readonly stage: "rollout" | "score";
  /** The slice and reward of a score; null for a rollout. */
  readonly slice: number | null;
  readonly reward: string | null;
  readonly reason: string;
  /** How often it was handed to a worker. */
  readonly deliveries: number;
  readonly atMs: number;
};

export const deadLetterSchema: z.ZodType<DeadLetter> = z
  .strictObject({
    run: nameSchema,
    group: groupIdSchema,
    stage: z.enum(["rollout", "score"]),
    slice: countSchema.nullable(),
    reward: nameSchema.nullable(),
    reason: z.string().min(1),
    deliveries: countSchema,
    atMs: atMsSchema,
  })
  .refine((letter) => letter.stage === "rollout" || (letter.slice !== null && letter.reward !== null), {
    path: ["reward"],
    message: "must name slice and reward of a score",
  });
