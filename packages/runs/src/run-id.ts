// Names of runs: readable, and in the order of their start when sorted as text.

const pattern = /^\d{4}-\d{2}-\d{2}-\d{4}-[a-z0-9][a-z0-9_-]*-\d+$/;

/**
 * A run's id such as `2026-11-23-1542-nano-1`: start in UTC to the minute, name, and a number that tells runs of the
 * same minute apart.
 */
export function runId(startedAt: Date, name: string, number: number): string {
  const [date = "", time = ""] = startedAt.toISOString().split("T");
  return `${date}-${time.slice(0, 5).replace(":", "")}-${name}-${number}`;
}

/** True for what {@link runId} can give; such a text is one path segment and names nothing outside a folder. */
export function isRunId(text: string): boolean {
  return pattern.test(text);
}

/** Order of start; numbers within ids count as numbers. */
export function compareRunIds(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
