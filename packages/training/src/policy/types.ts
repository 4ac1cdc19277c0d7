// What the learner process and the rollout worker ask of the compute behind them. Narrow on purpose: everything about
// brokers, leases and ledgers is tested against simple implementations of these two interfaces.

/** One rollout as the learner trains on it. */
export type TrainingRow = {
  /** BOS first. */
  readonly promptIds: ArrayLike<number>;
  /** Chain ids with begin-of-image last. */
  readonly chainIds: ArrayLike<number>;
  /** True when begin-of-image was appended at the cap; it was not sampled and no loss sees it. */
  readonly forcedBoi: boolean;
  readonly imageCodes: ArrayLike<number>;
  /** `[chain + image]` log-probs of the behaviour policy, as the sampler recorded them. */
  readonly behaviourLogProbs: ArrayLike<number>;
  readonly advantage: number;
};

/** What one update reports. Means are over counted tokens. */
export type UpdateMetrics = {
  readonly loss: number;
  /** Mean k3 to the reference policy, in nats. */
  readonly kl: number;
  readonly textEntropy: number;
  readonly imageEntropy: number;
  /** Shares of tokens whose ratio was clipped, in [0,1]. */
  readonly clippedLow: number;
  readonly clippedHigh: number;
  /** Mean |learner's log-prob - sampler's log-prob|, in nats, before the update. */
  readonly textMismatch: number;
  readonly imageMismatch: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Tokens that counted. */
  readonly tokens: number;
};

/** Weights as files: what a manifest names and blobs carry. */
export type WeightFiles = {
  /** Digest of the weights' content: names, shapes, bytes. */
  readonly digest: string;
  readonly kind: "full" | "lora";
  readonly files: ReadonlyMap<string, Uint8Array>;
};

/** The policy being trained. Calls must not overlap. */
export interface PolicyLearner {
  /** Sampler settings that log-probs depend on must equal those of the rollouts. */
  update(rows: readonly TrainingRow[], options: { readonly learningRate: number }): Promise<UpdateMetrics>;
  exportWeights(): Promise<WeightFiles>;
  /** Writes weights and optimizer state as files into an existing folder; returns file name to sha256. */
  saveState(folder: string): Promise<Readonly<Record<string, string>>>;
  /** Restores what {@link saveState} wrote, bit for bit. */
  loadState(folder: string): Promise<void>;
  /** Traces and compiles ahead of the first update, outside any lease. */
  warmUp(): Promise<void>;
}

/** One sample to draw. */
export type RolloutRequest = {
  readonly promptText: string;
  /** Issue number of the group: draws are a function of (seed, issue, sample index, position). */
  readonly issue: number;
  readonly sampleIndex: number;
  readonly seed: number;
};

/** What log-probs depend on besides weights. */
export type RolloutSampling = {
  readonly temperature: number;
  readonly guidanceScale: number;
  readonly textCap: number;
};

/** One drawn sample with its picture. */
export type RolloutSample = {
  readonly promptIds: Int32Array;
  readonly chainIds: Int32Array;
  readonly chainText: string;
  readonly forcedBoi: boolean;
  readonly imageCodes: Int32Array;
  readonly logProbs: Float32Array;
  /** The decoded picture as a PNG file. */
  readonly png: Uint8Array;
};

/** The policy that samples. Calls must not overlap. */
export interface RolloutPolicy {
  /** Samples are bit-equal only under an equal fingerprint. */
  readonly fingerprint: string;
  /** Takes verified bytes; rejects when they are not the weights that the digest names. */
  load(weights: WeightFiles): Promise<void>;
  warmUp(): Promise<void>;
  generate(
    requests: readonly RolloutRequest[],
    sampling: RolloutSampling,
    signal: AbortSignal,
  ): Promise<readonly RolloutSample[]>;
}
