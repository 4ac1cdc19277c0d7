// Which weights: a lineage (epoch), a step in it, and the digest of the bytes. The digest is the truth; the rest orders it.
import { z } from "zod";
import { type Digest, digestSchema } from "./digest.js";
import { countSchema } from "./scalars.js";

export type PolicyVersion = {
  /** Lineage of the learner; grows whenever a learner takes over or a lineage is abandoned. */
  readonly epoch: number;
  /** Learner steps done in these weights; 0 is the policy that RL started from. */
  readonly step: number;
  readonly digest: Digest;
};

export const policyVersionSchema: z.ZodType<PolicyVersion> = z.strictObject({
  epoch: countSchema,
  step: countSchema,
  digest: digestSchema,
});

/** Orders (epoch, step) pairs: negative when `a` is older than `b`, 0 when they are the same point. */
export function comparePolicyVersions(
  a: Pick<PolicyVersion, "epoch" | "step">,
  b: Pick<PolicyVersion, "epoch" | "step">,
): number {
  return a.epoch === b.epoch ? a.step - b.step : a.epoch - b.epoch;
}
