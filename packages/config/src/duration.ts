// Durations as people write them ("10 min", "1h30m", "500ms") to milliseconds. A bare number is refused: its unit is a guess.

const MS_OF: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const WHOLE = /^(\s*\d+(\.\d+)?\s*(ms|s|min|m|h|d)\s*)+$/;
const PART = /(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)/g;

/** Milliseconds, rounded to a whole number; null when the text is not a duration. */
export function parseDurationMs(text: string): number | null {
  if (!WHOLE.test(text)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(PART))
    totalMs += Number(amount) * (MS_OF[unit ?? ""] ?? Number.NaN);
  return Math.round(totalMs);
}
