// Mean of independent values with its 95 % interval by Student's t. Not for values that share a prompt: cluster those.

import { sampleMean, sampleStandardDeviation } from "../advantage/sample-moments.js";

export type MeanInterval = {
  readonly mean: number;
  /** Bounds of the 95 % interval; both equal the mean for fewer than two values, where none exists. */
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
  readonly count: number;
};

/** Two-sided 95 % quantiles for 1 to 10 degrees of freedom, where the series below is not good enough. */
const SMALL_QUANTILES = [
  12.7062047, 4.3026527, 3.1824463, 2.7764451, 2.5705818, 2.4469119, 2.3646243, 2.3060041, 2.2621572,
  2.2281389,
];
const NORMAL_QUANTILE = 1.959963985;

/** Mean and 95 % interval of `values`; all zeros for none. */
export function meanInterval(values: readonly number[]): MeanInterval {
  const count = values.length;
  const mean = sampleMean(values);
  const standardError = count < 2 ? 0 : sampleStandardDeviation(values) / Math.sqrt(count);
  const half = count < 2 ? 0 : studentQuantile(count - 1) * standardError;
  return { mean, low: mean - half, high: mean + half, standardError, count };
}

/** Two-sided 95 % quantile of Student's t; Cornish-Fisher series above 10 degrees of freedom (error below 1e-4). */
export function studentQuantile(degrees: number): number {
  const tabled = SMALL_QUANTILES[degrees - 1];
  if (tabled !== undefined) return tabled;
  const z = NORMAL_QUANTILE;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
