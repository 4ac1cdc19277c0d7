// What a checkpoint holds besides the policy: where the learner stands in the run and in each stream. Plain JSON.
import type { CursorState, StreamIdentities } from "@easel/bus";
import type { RolloutTask } from "@easel/protocol";

export const STATE_FORMAT = "easel-learner-state-1";

export type LearnerState = {
  readonly format: typeof STATE_FORMAT;
  readonly run: string;
  readonly epoch: number;
  readonly step: number;
  /** Digest of the weights after `step` steps. */
  readonly policyDigest: string;
  /** Training time so far, over all starts. */
  readonly elapsedMs: number;
  /** Recent weights of this lineage and the step each was made by; a token from any other is refused. */
  readonly versions: readonly (readonly [digest: string, step: number])[];
  readonly nextIssue: number;
  /** Groups that were issued and had not ended. */
  readonly outstanding: readonly RolloutTask[];
  /** Low watermark of each stream, with the stream's identity. */
  readonly cursors: { readonly results: CursorState; readonly scores: CursorState };
  /** Digest of the file of training prompts; null when they are drawn. States of earlier releases do not say. */
  readonly promptFileDigest?: string | null;
  /** The broker's streams as they were; states of earlier releases have only those of the cursors. */
  readonly streams?: StreamIdentities;
  /** Groups that ended and have a message after the watermark. */
  readonly settledAbove: readonly string[];
};

/** Versions that a checkpoint remembers; far more than any staleness in use. */
const KEPT_VERSIONS = 256;

/** The newest of the known versions, oldest first. */
export function recentVersions(versions: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...versions].sort((a, b) => a[1] - b[1]).slice(-KEPT_VERSIONS);
}

/** Reads a state; null when it is not one of this format. */
export function readLearnerState(text: string): LearnerState | null {
  const value = JSON.parse(text) as Partial<LearnerState> | null;
  return value?.format === STATE_FORMAT ? (value as LearnerState) : null;
}
