// The records of the ledger: what was issued, how it ended, what each step trained on, and which learner lineage is alive.
// Audit and replay are derived from these alone.
import { z } from "zod";
import { type Digest, digestSchema } from "./digest.js";
import { groupIdSchema } from "./group-id.js";
import { nameSchema } from "./names.js";
import { type RolloutTask, rolloutTaskSchema } from "./rollout-task.js";
import { atMsSchema, countSchema, positiveCountSchema } from "./scalars.js";

/** A group was issued; written before its task is published. */
export type IssueRecord = { readonly kind: "issue"; readonly task: RolloutTask };

export type Verdict = "trained" | "dropped" | "dead";

/** How a group ended. `trained` repeats what a manifest says; the other two exist only here. */
export type VerdictRecord = {
  readonly kind: "verdict";
  readonly run: string;
  readonly group: string;
  readonly verdict: Verdict;
  /** A short machine-readable word such as `stale`, `zero_advantage`, `abandoned_lineage`. */
  readonly reason: string;
  readonly epoch: number;
  /** Learner step at which it was decided. */
  readonly step: number;
  readonly atMs: number;
};

export type ManifestSlice = {
  readonly slice: number;
  readonly trajectoryDigest: Digest;
  readonly scores: readonly { readonly reward: string; readonly digest: Digest }[];
};

export type ManifestGroup = { readonly group: string; readonly slices: readonly ManifestSlice[] };

/** The batch of one step, durable before the step runs. `step` is the number of the step it makes (1 is the first). */
export type ManifestRecord = {
  readonly kind: "manifest";
  readonly run: string;
  readonly epoch: number;
  readonly step: number;
  /** Weights that the step starts from. */
  readonly policyDigest: Digest;
  /** In the order in which they are trained on. */
  readonly groups: readonly ManifestGroup[];
  readonly atMs: number;
};

/**
 * A learner took over. It continues `parentEpoch` after `fromStep`; that epoch's manifests of later steps are abandoned.
 * Whatever an older epoch writes to the ledger after this record is void.
 */
export type EpochRecord = {
  readonly kind: "epoch";
  readonly run: string;
  readonly epoch: number;
  /** null for the first epoch of a run. */
  readonly parentEpoch: number | null;
  readonly fromStep: number;
  readonly holder: string;
  readonly atMs: number;
};

export type LedgerRecord = IssueRecord | VerdictRecord | ManifestRecord | EpochRecord;

const manifestGroupSchema: z.ZodType<ManifestGroup> = z.strictObject({
  group: groupIdSchema,
  slices: z
    .array(
      z.strictObject({
        slice: countSchema,
        trajectoryDigest: digestSchema,
        scores: z.array(z.strictObject({ reward: nameSchema, digest: digestSchema })).min(1),
      }),
    )
    .min(1),
});

export const ledgerRecordSchema: z.ZodType<LedgerRecord> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("issue"), task: rolloutTaskSchema }),
  z.strictObject({
    kind: z.literal("verdict"),
    run: nameSchema,
    group: groupIdSchema,
    verdict: z.enum(["trained", "dropped", "dead"]),
    reason: z.string().min(1),
    epoch: countSchema,
    step: countSchema,
    atMs: atMsSchema,
  }),
  z.strictObject({
    kind: z.literal("manifest"),
    run: nameSchema,
    epoch: countSchema,
    step: positiveCountSchema,
    policyDigest: digestSchema,
    groups: z.array(manifestGroupSchema).min(1),
    atMs: atMsSchema,
  }),
  z.strictObject({
    kind: z.literal("epoch"),
    run: nameSchema,
    epoch: countSchema,
    parentEpoch: countSchema.nullable(),
    fromStep: countSchema,
    holder: z.string().min(1),
    atMs: atMsSchema,
  }),
]);

/** The run a ledger record belongs to. */
export function runOfRecord(record: LedgerRecord): string {
  return record.kind === "issue" ? record.task.run : record.run;
}
