// Whether two sides computed the same: a faster wrong answer is worth nothing. Pure.
import { relativeDifference } from "./statistics.mjs";

/** The largest relative difference of two lists of losses. */
function lossesDiffer(a, b) {
  return Math.max(...a.map((value, i) => relativeDifference(value, b[i] ?? Number.NaN)));
}

/** The share of sampled ids that differ. Rounding moves a draw rarely, and all that follows in its row with it. */
function idsDiffer(a, b) {
  let [total, different] = [0, 0];
  a.forEach((row, i) => {
    row.forEach((id, position) => {
      total += 1;
      if (id !== b[i]?.[position]) different += 1;
    });
  });
  return different / total;
}

/** The mean difference of pictures, in levels of 255. */
function levelsDiffer(a, b) {
  return a.reduce((sum, level, i) => sum + Math.abs(level - b[i]), 0) / a.length;
}

const measures = { losses: lossesDiffer, ids: idsDiffer, levels: levelsDiffer };

/**
 * Compares what a variant says it computed with what the first one says.
 * @param tolerance by kind of result, e.g. `{ losses: 1e-3 }`
 * @returns `{ difference, agrees }`, or null when the two have nothing in common to compare.
 */
export function agreement(first, other, tolerance) {
  for (const [kind, atMost] of Object.entries(tolerance)) {
    if (first[kind] === undefined || other[kind] === undefined) continue;
    const difference = measures[kind](first[kind], other[kind]);
    return { kind, difference, agrees: difference <= atMost };
  }
  return null;
}
