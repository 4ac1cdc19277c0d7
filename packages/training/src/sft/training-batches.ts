// Which rows an update is trained on: epochs in random order, and condition dropout. Plain values.
import type { SequenceRow } from "@easel/janus";
import { type Random, randomFrom } from "@easel/shapeworld";

/** How rows become batches. */
export type BatchMix = {
  /** Rows of an update. */
  readonly batch: number;
  /** Share of rows whose condition is replaced by pads, in [0,1]; Janus uses 0.1. */
  readonly conditionDropout: number;
};

/** The rows of update `step`, counted from 0, with `dropCondition` decided. */
export type BatchSource = (step: number) => readonly SequenceRow[];

/** Puts numbers into random order, in place (Fisher and Yates). */
function shuffle(order: number[], random: Random): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
}

const indices = (rows: readonly unknown[]): number[] => rows.map((_, index) => index);

/** Rows in random order, again and again, each pass in a new order. */
function* endlessly(rows: readonly SequenceRow[], random: Random): Generator<SequenceRow, never> {
  const order = indices(rows);
  for (;;) {
    shuffle(order, random);
    for (const index of order) yield rows[index] as SequenceRow;
  }
}

/** Batches drawn one after the other from one source of randomness; `step` is not looked at. */
export function drawnBatches(rows: readonly SequenceRow[], mix: BatchMix, random: Random): BatchSource {
  const source = endlessly(rows, random);
  return () =>
    Array.from({ length: mix.batch }, () => ({
      ...source.next().value,
      dropCondition: random.next() < mix.conditionDropout,
    }));
}

/**
 * Batches that are a function of seed and step alone, so that training can go on anywhere. Every row comes up once in each
 * pass over the data; a batch may take the end of one pass and the beginning of the next.
 *
 * @param rows at least one
 */
export function seededBatches(rows: readonly SequenceRow[], mix: BatchMix, seed: number): BatchSource {
  let known = { pass: -1, order: indices(rows) };
  const orderOf = (pass: number): readonly number[] => {
    if (known.pass !== pass) {
      known = { pass, order: indices(rows) };
      shuffle(known.order, randomFrom(`sft/${seed}/pass-${pass}`));
    }
    return known.order;
  };
  return (step) =>
    Array.from({ length: mix.batch }, (_, index) => {
      const at = step * mix.batch + index;
      const row = rows[orderOf(Math.floor(at / rows.length))[at % rows.length] ?? 0] as SequenceRow;
      const { promptIds, chainIds, imageCodes } = row;
      const dropCondition = randomFrom(`sft/${seed}/drop-${at}`).next() < mix.conditionDropout;
      return { promptIds, chainIds, imageCodes, dropCondition };
    });
}
