// How the factors become one reward. The product is the paper's; the sum is its ablation.

import type { Judgement } from "./judge.js";
import { REWARD_NAMES, type RewardName } from "./reward-name.js";

/** `product`: GoT-R1 eq. 3 with quality in the place of HPS. `sum`: the mean of the same four factors. */
export type Composition = "product" | "sum";

/** All five values, each in [0,1]. */
export type RewardValues = Readonly<Record<RewardName, number>>;

/** `R = R_PI * (R_sem + R_spa)/2 * R_RI * R_Q`, in [0,1] (GoT-R1 eq. 3, version 2 of the paper: with the /2). */
export function productReward(values: RewardValues): number {
  return values.pi * planReward(values) * values.ri * values.q;
}

/** Mean of the four factors, in [0,1]. A policy can trade one factor for another under it, which the product forbids. */
export function sumReward(values: RewardValues): number {
  return (values.pi + planReward(values) + values.ri + values.q) / 4;
}

/** `R_PR = (R_sem + R_spa) / 2`: the plan against the prompt. */
export function planReward(values: RewardValues): number {
  return (values.sem + values.spa) / 2;
}

export type TotalReward = {
  /** In [0,1], or null while a reward it depends on is missing. */
  readonly value: number | null;
  /** Rewards without a value. */
  readonly missing: readonly RewardName[];
};

/**
 * The total of a judgement. A missing reward makes the total missing, also beside a zero: whether a fault of the judge
 * is forgiven must not depend on how good the sample was.
 */
export function totalReward(judgement: Judgement, composition: Composition = "product"): TotalReward {
  const absent = REWARD_NAMES.filter((name) => judgement[name]?.kind !== "measured");
  if (absent.length > 0) return { value: null, missing: absent };
  const measuredValue = (name: RewardName): number => {
    const outcome = judgement[name];
    return outcome?.kind === "measured" ? outcome.value : 0;
  };
  const values = {
    sem: measuredValue("sem"),
    spa: measuredValue("spa"),
    pi: measuredValue("pi"),
    ri: measuredValue("ri"),
    q: measuredValue("q"),
  };
  return { value: composition === "product" ? productReward(values) : sumReward(values), missing: [] };
}
