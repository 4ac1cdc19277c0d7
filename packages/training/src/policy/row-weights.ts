// How much each token of a rollout weighs in the loss of a whole step. Which ways there are, and why, is the grpo package's.
import { type Aggregation, aggregationWeights } from "@easel/grpo";
import type { TrainingRow } from "./types.js";

/** A rollout with the weight of each of its counted tokens. */
export type WeightedRow = TrainingRow & { readonly tokenWeight: number };

/** Tokens of a rollout that count in the loss: all sampled ones, so a forced begin-of-image does not. */
export function countedTokens({ chainIds, forcedBoi, imageCodes }: TrainingRow): {
  readonly text: number;
  readonly image: number;
} {
  return { text: chainIds.length - (forcedBoi ? 1 : 0), image: imageCodes.length };
}

/**
 * The rows of a whole step with their tokens' weights, so that the losses of its parts add up to that of the step.
 *
 * @throws GrpoError `EASEL_GRPO_OPTION`
 */
export function weightedRows(rows: readonly TrainingRow[], aggregation: Aggregation): readonly WeightedRow[] {
  const masks = rows.map((row) => {
    const { text, image } = countedTokens(row);
    return new Array<number>(text + image).fill(1);
  });
  const weights = aggregationWeights(masks, aggregation);
  return rows.map((row, i) => ({ ...row, tokenWeight: weights[i]?.[0] ?? 0 }));
}
