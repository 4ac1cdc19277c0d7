// Calls that rewards make for an update: of the judges that the paper names, and of the program that stands for them here.
import type { RunConfig } from "@easel/config";

/** Objects with boxes in a chain: 3.8 to 4.1 on average in the paper's supervised data. */
export const objectsPerChain = 4;

/** Calls of one update. */
export type JudgeCalls = {
  readonly samples: number;
  /** Of a vision-language model: one each for plan (semantic, spatial) and picture, one an object for grounding. */
  readonly visionLanguage: number;
  /** Of a model of human preference: one a picture. */
  readonly preference: number;
};

/** Counts the calls if every reward of a configuration were judged as the paper does. Pure. */
export function judgeCalls({ rewards, grpo }: RunConfig): JudgeCalls {
  const samples = grpo.batchGroups * grpo.groupSize;
  const perSample = rewards.names.reduce((sum, name) => {
    if (name === "q") return sum;
    return sum + (name === "ri" ? objectsPerChain : 1);
  }, 0);
  return {
    samples,
    visionLanguage: samples * perSample,
    preference: rewards.names.includes("q") ? samples : 0,
  };
}
