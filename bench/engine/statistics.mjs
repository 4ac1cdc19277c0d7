// Medians, spreads, and ratios taken round by round, which hold when the machine's speed drifts. Pure.

/** The middle value; the mean of the two middle ones of an even count; NaN of none. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `{ median, least, most }`. */
export function spread(values) {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** How many times as long `other` took as `own`, from figures of the same rounds. */
export function ratioSpread(own, other) {
  return spread(other.map((value, round) => value / own[round]));
}

/** The relative difference of two numbers, 0 for equal ones. */
export function relativeDifference(a, b) {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}
