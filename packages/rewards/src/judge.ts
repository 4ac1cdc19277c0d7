// The one interface of all judges, whether a program that measures or a model that is asked.

import type { PromptSpec, RgbImage } from "@easel/shapeworld";
import type { Outcome } from "./outcome.js";
import type { RewardName } from "./reward-name.js";

/** One sample of a group, as every judge gets it. */
export type JudgeSample = {
  readonly prompt: PromptSpec;
  readonly chainText: string;
  /** True if begin-of-image was appended at the text cap instead of sampled. */
  readonly forcedBoi: boolean;
  readonly image: RgbImage;
};

/** One outcome for each of the judge's rewards. */
export type Judgement = Readonly<Partial<Record<RewardName, Outcome>>>;

export type Judge = {
  readonly name: string;
  /** Changes whenever any score may change; one group never mixes versions. At most 128 characters. */
  readonly version: string;
  /** The rewards it fills in, in a fixed order. */
  readonly rewards: readonly RewardName[];
  /** The version of one of its rewards, which goes into that reward's score vector. */
  versionOf(reward: RewardName): string;
  /**
   * Judges one sample. A fault of the judge is a `missing` outcome, not a rejection; the promise rejects only for
   * programming errors and when `signal` aborts.
   */
  score(sample: JudgeSample, signal?: AbortSignal): Promise<Judgement>;
};
