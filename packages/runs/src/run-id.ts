// Names of runs: readable, and in the order of their start when sorted as text.

const pattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Longest name of a run in message subjects, which an id becomes. */
const longest = 48;

/**
 * A new run's id such as `2026-11-23-1542-nano-1`: start in UTC to the minute, name, and a number that tells runs of the
 * same minute apart.
 */
export function runId(startedAt: Date, name: string, number: number): string {
  const [date = "", time = ""] = startedAt.toISOString().split("T");
  const start = `${date}-${time.slice(0, 5).replace(":", "")}-`;
  const end = `-${number}`;
  return `${start}${name.slice(0, longest - start.length - end.length)}${end}`;
}

/** True for what may name a run: one path segment that leads nowhere but into its folder. */
export function isRunId(text: string): boolean {
  return pattern.test(text);
}

/** Order of start; numbers within ids count as numbers. */
export function compareRunIds(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
