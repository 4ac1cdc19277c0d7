// What a reward worker is given. Values are checked by @easel/config; connections are open.
import type { BlobStore, Bus } from "@easel/bus";
import type { Judge, RewardName } from "@easel/rewards";
import type { Logger } from "@easel/telemetry";

export type RewardOptions = {
  readonly judge: Judge;
  readonly bus: Bus;
  readonly run: string;
  /** Name of this worker, such as `reward-1`. */
  readonly worker: string;
  /** The rewards that this worker serves; the judge must have them. */
  readonly rewards: readonly RewardName[];
  readonly images: BlobStore;
  readonly log: Logger;
  /** Longest that judging one slice may take. */
  readonly deadlineMs: number;
  /** Aborted to stop in good order. */
  readonly signal: AbortSignal;
};
