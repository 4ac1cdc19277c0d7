// Mean and Bessel-corrected standard deviation of a plain sample, in two passes. Not an interval (see ../statistics).

/** Arithmetic mean; 0 for no values, so that an all-missing group stays finite. */
export function sampleMean(values: readonly number[]): number {
  if (values.length === 0) return 0;
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Standard deviation over n - 1; 0 below two values. */
export function sampleStandardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = sampleMean(values);
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
