// The per-token inputs of the policy objective for one packed batch, as plain arrays: recorded log-probs and advantages
// laid out like the packed tokens.
import type { PackedSequences } from "@easel/janus";
import type { TrainingRow } from "./types.js";

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
};

/** Lays recorded values of `rows` out in the order of their packed form; fillers stay 0. */
export function stepTargets(rows: readonly TrainingRow[], packed: PackedSequences): StepTargets {
  const targets: StepTargets = {
    behaviourText: new Float32Array(packed.textTargets.length),
    behaviourImage: new Float32Array(packed.rows * packed.imageTokens),
    textAdvantages: new Float32Array(packed.textTargets.length),
    imageAdvantages: new Float32Array(packed.rows),
  };
  let text = 0;
  rows.forEach((row, index) => {
    targets.imageAdvantages[index] = row.advantage;
    for (let token = 0; token < row.chainIds.length; token++, text++) {
      targets.behaviourText[text] = row.behaviourLogProbs[token] ?? 0;
      targets.textAdvantages[text] = row.advantage;
    }
    for (let token = 0; token < packed.imageTokens; token++) {
      const recorded = row.behaviourLogProbs[row.chainIds.length + token] ?? 0;
      targets.behaviourImage[index * packed.imageTokens + token] = recorded;
    }
  });
  return targets;
}

/** Tokens that count in the loss: all sampled ones, so a forced begin-of-image does not. */
export function countedTokens(rows: readonly TrainingRow[]): {
  readonly text: number;
  readonly image: number;
} {
  let text = 0;
  let image = 0;
  for (const row of rows) {
    text += row.chainIds.length - (row.forcedBoi ? 1 : 0);
    image += row.imageCodes.length;
  }
  return { text, image };
}
