// What the control bucket holds besides the weights head: who leads, and which checkpoint counts.
import { z } from "zod";
import { type Digest, digestSchema } from "./digest.js";
import { nameSchema } from "./names.js";
import { countSchema } from "./scalars.js";

export type LeaderRecord = {
  readonly run: string;
  readonly epoch: number;
  /** null when the last leader left in good order. */
  readonly holder: string | null;
  /** Grows with each renewal, so that a watcher sees life without comparing clocks. */
  readonly beat: number;
};

export const leaderRecordSchema: z.ZodType<LeaderRecord> = z.strictObject({
  run: nameSchema,
  epoch: countSchema,
  holder: z.string().min(1).nullable(),
  beat: countSchema,
});

export type CheckpointPointer = {
  readonly run: string;
  readonly epoch: number;
  readonly step: number;
  /** Digest of the checkpoint's own manifest file. */
  readonly digest: Digest;
  /** Folder name inside the run's checkpoint folder; never an absolute path. */
  readonly name: string;
};

export const checkpointPointerSchema: z.ZodType<CheckpointPointer> = z.strictObject({
  run: nameSchema,
  epoch: countSchema,
  step: countSchema,
  digest: digestSchema,
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a plain folder name"),
});
