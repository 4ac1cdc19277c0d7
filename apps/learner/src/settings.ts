// What the learner needs to know of a run's configuration, and nothing else. Values are checked by @easel/config.
import type { MissingPolicy } from "@easel/grpo";
import type { RewardRef, TokenLimits } from "@easel/protocol";
import type { Composition } from "@easel/rewards";

export type ScheduleSettings = {
  readonly kind: "cosine" | "constant";
  /** Rate after warm-up. */
  readonly learningRate: number;
  /** The cosine ends at this fraction of the rate, [0,1]. */
  readonly floor: number;
  readonly warmupSteps: number;
  /** Updates of the run, at most. */
  readonly steps: number;
  /** The run ends after the update in which this has passed; null for no limit. */
  readonly maxTimeMs: number | null;
};

export type LearnerSettings = {
  readonly run: string;
  readonly seed: number;
  readonly groupSize: number;
  /** Samples of one trajectory message. */
  readonly sliceSize: number;
  /** Groups of one update. */
  readonly batchGroups: number;
  /** Weight versions a group may lag behind when it is trained; 0 is fully on-policy. */
  readonly maxStaleness: number;
  /** Target of groups in flight, whatever the number of live workers. */
  readonly concurrency: number;
  readonly sampling: {
    readonly temperature: number;
    readonly guidanceScale: number;
    readonly textCap: number;
  };
  readonly rewards: readonly RewardRef[];
  readonly missing: MissingPolicy;
  readonly combine: Composition;
  /** A control: rewards are permuted within their group, so that nothing can be learnt. */
  readonly shuffleWithinGroup: boolean;
  readonly stdEpsilon: number;
  readonly schedule: ScheduleSettings;
  readonly checkpointEvery: number;
  /** Checkpoints on disk, at least 2, so that a damaged one has another behind it. */
  readonly keepCheckpoints: number;
  /** Steps between evaluations; 0 for the first and the last only. */
  readonly evaluateEvery: number;
  /** Steps between pictures that are kept for people to look at; 0 for none. */
  readonly keepSamplesEvery: number;
  /** Bounds of the model's tokens, when the policy knows them. */
  readonly limits?: TokenLimits;
  /** Silence after which another learner may take over. */
  readonly leaderLeaseMs: number;
  /** How long a blob that nobody names may lie in its store; longer than a worker waits between storing a picture and naming it. */
  readonly orphanGraceMs: number;
  /** How long to wait for a full batch before the run ends with a named error. */
  readonly batchDeadlineMs: number;
};
