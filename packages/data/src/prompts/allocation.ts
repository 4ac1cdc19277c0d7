// How many prompts of each source make a mix of a given size. Pure.

/**
 * Whole numbers with the given sum, as near to the shares as whole numbers are (largest remainder; of equal remainders the first
 * source gets more). None exceeds its exact part rounded up.
 *
 * @param shares positive, one for each source; only their proportions count
 */
export function allocate(total: number, shares: readonly number[]): readonly number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  const exact = shares.map((share) => (total * share) / sum);
  const counts = exact.map(roundDown);
  const left = total - counts.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - (counts[index] ?? 0) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

/**
 * The largest mix that the sources allow, each prompt once.
 *
 * @param available prompts of each source
 */
export function largestTotal(available: readonly number[], shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const limits = available.map((count, index) => roundDown((count * sum) / (shares[index] ?? 1)));
  let total = Math.min(...limits);
  // Rounding of the quotient may be off by one either way.
  while (total > 0 && !fits(total, available, shares)) total -= 1;
  return Math.max(0, total);
}

/** Whether each source has enough for a mix of this size. */
export function fits(total: number, available: readonly number[], shares: readonly number[]): boolean {
  return allocate(total, shares).every((count, index) => count <= (available[index] ?? 0));
}

/** The whole part, where a number within rounding of a whole number counts as that one. */
function roundDown(value: number): number {
  const nearest = Math.round(value);
  return Math.abs(value - nearest) <= 1e-9 * Math.max(1, Math.abs(value)) ? nearest : Math.floor(value);
}
