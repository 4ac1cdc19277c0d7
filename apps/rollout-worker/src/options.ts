// What a rollout worker is given. Values are checked by @easel/config; connections are open.
import type { BlobStore, Bus } from "@easel/bus";
import type { Logger } from "@easel/telemetry";
import type { RolloutPolicy } from "@easel/training";

export type RolloutSettings = {
  readonly run: string;
  /** Name of this worker, such as `rollout-1`. */
  readonly worker: string;
  /** Groups drawn together in one call. */
  readonly slots: number;
  /** Longest that one call may take; past it the process ends with a named code and another worker gets the tasks. */
  readonly generateDeadlineMs: number;
  /** How long to wait for the first weights. */
  readonly weightsDeadlineMs: number;
  /** How long to wait for room for pictures. */
  readonly pictureDeadlineMs: number;
  /** How long to wait for more tasks once some are there, so that they make one large call. */
  readonly gatherMs: number;
};

export type RolloutOptions = {
  readonly policy: RolloutPolicy;
  readonly bus: Bus;
  readonly settings: RolloutSettings;
  readonly weights: BlobStore;
  readonly images: BlobStore;
  readonly log: Logger;
  /** Aborted to stop in good order: what is under way is finished, nothing new is taken. */
  readonly signal: AbortSignal;
  /** What computes, for status. */
  readonly engine?: string;
};
