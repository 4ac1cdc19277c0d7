// The per-token inputs of the policy objective for one packed batch, as plain arrays: recorded log-probs, advantages and
// weights laid out like the packed tokens.
import type { PackedSequences } from "@easel/janus";
import type { WeightedRow } from "./row-weights.js";

/** Plain form of the behaviour side of the objective's targets. */
export type StepTargets = {
  /** `[text]` */
  readonly behaviourText: Float32Array;
  /** `[rows, imageTokens]` */
  readonly behaviourImage: Float32Array;
  /** `[text]` */
  readonly textAdvantages: Float32Array;
  /** `[rows]` */
  readonly imageAdvantages: Float32Array;
  /** `[text]` */
  readonly textWeights: Float32Array;
  /** `[rows]` */
  readonly imageWeights: Float32Array;
};

/** Lays recorded values of `rows` out in the order of their packed form; fillers stay 0. */
export function stepTargets(rows: readonly WeightedRow[], packed: PackedSequences): StepTargets {
  const targets: StepTargets = {
    behaviourText: new Float32Array(packed.textTargets.length),
    behaviourImage: new Float32Array(packed.rows * packed.imageTokens),
    textAdvantages: new Float32Array(packed.textTargets.length),
    imageAdvantages: new Float32Array(packed.rows),
    textWeights: new Float32Array(packed.textTargets.length),
    imageWeights: new Float32Array(packed.rows),
  };
  let text = 0;
  rows.forEach((row, index) => {
    targets.imageAdvantages[index] = row.advantage;
    targets.imageWeights[index] = row.tokenWeight;
    for (let token = 0; token < row.chainIds.length; token++, text++) {
      targets.behaviourText[text] = row.behaviourLogProbs[token] ?? 0;
      targets.textAdvantages[text] = row.advantage;
      targets.textWeights[text] = row.tokenWeight;
    }
    for (let token = 0; token < packed.imageTokens; token++) {
      const recorded = row.behaviourLogProbs[row.chainIds.length + token] ?? 0;
      targets.behaviourImage[index * packed.imageTokens + token] = recorded;
    }
  });
  return targets;
}
