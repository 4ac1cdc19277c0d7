// Batches of a long training: every row once a pass, the same rows at the same step, and conditions dropped as often as asked.
import type { SequenceRow } from "@easel/janus";
import fc from "fast-check";
import { expect, it } from "vitest";
import { seededBatches } from "./training-batches.js";

const rowsOf = (count: number): readonly SequenceRow[] =>
  Array.from({ length: count }, (_, at) => ({ promptIds: [at], chainIds: [1], imageCodes: [2] }));
const named = (batch: readonly SequenceRow[]): number[] => batch.map(({ promptIds }) => promptIds[0] ?? -1);

it("has every row once in each pass, in an order that differs between passes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      (count, batch, seed) => {
        const batchOf = seededBatches(rowsOf(count), { batch, conditionDropout: 0 }, seed);
        const steps = Math.ceil((3 * count) / batch);
        const drawn = Array.from({ length: steps }, (_, step) => named(batchOf(step))).flat();
        const all = Array.from({ length: count }, (_, at) => at);
        for (const pass of [0, 1, 2]) {
          expect(drawn.slice(pass * count, (pass + 1) * count).toSorted((a, b) => a - b)).toEqual(all);
        }
      },
    ),
  );
  const batchOf = seededBatches(rowsOf(40), { batch: 40, conditionDropout: 0 }, 1);
  expect(named(batchOf(1))).not.toEqual(named(batchOf(0)));
});

it("gives a step the same rows whatever was asked for before", () => {
  const mix = { batch: 4, conditionDropout: 0.5 };
  const straight = seededBatches(rowsOf(11), mix, 3);
  const all = Array.from({ length: 20 }, (_, step) => straight(step));
  for (const step of [17, 2, 9]) expect(seededBatches(rowsOf(11), mix, 3)(step)).toEqual(all[step]);
});

it("drops the asked share of conditions", () => {
  const batchOf = seededBatches(rowsOf(7), { batch: 5000, conditionDropout: 0.1 }, 1);
  const dropped = batchOf(0).filter(({ dropCondition }) => dropCondition === true).length;
  expect(Math.abs(dropped / 5000 - 0.1)).toBeLessThan(0.015);
});
