// How token losses become one number. Every way is a fixed weight a token, so that loss = sum of weight * token loss
// and the gradient needs no second rule.

import { GrpoError } from "../errors.js";
import type { TokenRows } from "./token-rows.js";

/**
 * `tokenMean`: every counted token weighs the same (DAPO; T2I-R1). `sequenceMean`: every sequence weighs the same
 * (the original GRPO). `drGrpo`: sum over `sequences * maxLength`, free of both length biases.
 *
 * For a micro-batch pass the totals of the whole step (`tokens`, `sequences`): then the micro-batches' losses and
 * gradients add up to those of the whole batch.
 */
export type Aggregation =
  | { readonly kind: "tokenMean"; readonly tokens?: number }
  | { readonly kind: "sequenceMean"; readonly sequences?: number }
  | { readonly kind: "drGrpo"; readonly maxLength: number; readonly sequences?: number };

/** Tokens whose mask is not 0. */
export function countTokens(mask: TokenRows): number {
  let count = 0;
  for (const row of mask) for (let t = 0; t < row.length; t++) if (row[t] !== 0) count++;
  return count;
}

/**
 * The weight of each token in the loss, 0 where masked. Denominators are at least 1, so an empty mask gives loss 0.
 *
 * @param mask `[sequences][tokens]` of 0 and 1
 * @returns the same shape
 * @throws GrpoError `EASEL_GRPO_OPTION` for totals or lengths that are not positive, `EASEL_GRPO_SHAPE` for a mask
 * value other than 0 or 1.
 */
export function aggregationWeights(mask: TokenRows, aggregation: Aggregation): Float64Array[] {
  const batchDivisor = batchDivisorOf(mask, aggregation);
  return mask.map((row, index) => {
    const weights = new Float64Array(row.length);
    let counted = 0;
    for (let t = 0; t < row.length; t++) {
      if (row[t] !== 0 && row[t] !== 1) {
        throw new GrpoError("EASEL_GRPO_SHAPE", `mask[${index}][${t}] is ${row[t]}; use 0 or 1`);
      }
      if (row[t] === 1) counted++;
    }
    const divisor = aggregation.kind === "sequenceMean" ? batchDivisor * Math.max(counted, 1) : batchDivisor;
    for (let t = 0; t < row.length; t++) if (row[t] === 1) weights[t] = 1 / divisor;
    return weights;
  });
}

function batchDivisorOf(mask: TokenRows, aggregation: Aggregation): number {
  switch (aggregation.kind) {
    case "tokenMean":
      return positive("tokens", aggregation.tokens ?? Math.max(countTokens(mask), 1));
    case "sequenceMean":
      return positive("sequences", aggregation.sequences ?? Math.max(mask.length, 1));
    case "drGrpo":
      return (
        positive("sequences", aggregation.sequences ?? Math.max(mask.length, 1)) *
        positive("maxLength", aggregation.maxLength)
      );
  }
}

function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new GrpoError(
    "EASEL_GRPO_OPTION",
    `aggregation ${name} is ${value}; use the step's total, at least 1`,
  );
}
