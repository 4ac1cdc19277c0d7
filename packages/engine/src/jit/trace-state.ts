// Which trace is under way, if any. Tracing is synchronous, so one variable is enough.
import type { Trace } from "./trace.js";

let current: Trace | null = null;

/** The innermost trace under way, or null when ops execute at once. */
export function currentTrace(): Trace | null {
  return current;
}

/** Runs `body` with `trace` as the current trace and restores the one before it, also after an error. */
export function withTrace<T>(trace: Trace, body: () => T): T {
  const outer = current;
  current = trace;
  try {
    return body();
  } finally {
    current = outer;
  }
}
