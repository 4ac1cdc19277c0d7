// Round numbers for an axis. Pure.

/** An axis from `low` to `high` with its ticks, both ends among them, and decimals that tell the ticks apart. */
export type Axis = {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly decimals: number;
};

/**
 * An axis that holds `low` to `high`, with about `count` steps of 1, 2 or 5 times a power of ten.
 *
 * @param whole steps of at least 1
 */
export function axisFor(low: number, high: number, count: number, whole = false): Axis {
  const span = high > low ? high - low : Math.max(Math.abs(high), 1);
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10;
  const step = whole ? Math.max(1, Math.round(factor * power)) : factor * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { low: first * step, high: last * step, ticks, decimals };
}
