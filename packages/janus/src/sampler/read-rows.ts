// Turns the step-by-step columns that the device wrote into one result a row. Pure.
import type { SampledSequence } from "./types.js";

/** Columns `[steps, rows]` of a finished batch. */
export type StepColumns = {
  readonly rows: number;
  readonly tokens: ArrayLike<number>;
  readonly logProbs: ArrayLike<number>;
  /** Entropies in nats, or null when they were not computed. */
  readonly entropies: ArrayLike<number> | null;
};

/** Where a row's chain ends. */
export type RowShape = { readonly boi: number; readonly textCap: number; readonly imageTokens: number };

function meanOf(values: ArrayLike<number>, rows: number, row: number, from: number, to: number): number {
  let sum = 0;
  for (let step = from; step < to; step++) sum += values[step * rows + row] as number;
  return to > from ? sum / (to - from) : 0;
}

/** Reads one finished row. */
export function readRow(columns: StepColumns, row: number, shape: RowShape): SampledSequence {
  const { rows, tokens, logProbs, entropies } = columns;
  const tokenAt = (step: number): number => tokens[step * rows + row] as number;
  let boiStep = 0;
  while (boiStep < shape.textCap && tokenAt(boiStep) !== shape.boi) boiStep++;
  const chainLength = boiStep + 1;
  const total = chainLength + shape.imageTokens;
  const all = Int32Array.from({ length: total }, (_, step) => tokenAt(step));
  const forcedBoi = boiStep === shape.textCap;
  const result = {
    chainIds: all.slice(0, chainLength),
    forcedBoi,
    imageCodes: all.slice(chainLength),
    logProbs: Float32Array.from({ length: total }, (_, step) => logProbs[step * rows + row] as number),
  };
  if (entropies === null) return result;
  return {
    ...result,
    textEntropy: meanOf(entropies, rows, row, 0, forcedBoi ? boiStep : chainLength),
    imageEntropy: meanOf(entropies, rows, row, chainLength, total),
  };
}
