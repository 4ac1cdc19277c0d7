// When a process that ended is started again. Pure: it is given exits and times.

export type ExitKind = "done" | "refused" | "again";

/** Exit codes as the processes use them: 0 done, 1 refused for a reason that another start would not mend, anything else worth a try. */
export function exitKind(code: number | null): ExitKind {
  if (code === 0) return "done";
  return code === 1 ? "refused" : "again";
}

export type RestartLimits = {
  /** Starts within the window, the first not counted, after which it is given up. */
  readonly most: number;
  readonly windowMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
};

export const restartLimits: RestartLimits = {
  most: 5,
  windowMs: 120_000,
  firstDelayMs: 250,
  longestDelayMs: 10_000,
};

/** How long to wait before the next start; null when there have been too many. `exitsMs` are the times of all exits, the last included. */
export function restartDelay(
  exitsMs: readonly number[],
  limits: RestartLimits = restartLimits,
): number | null {
  const last = exitsMs.at(-1) ?? 0;
  const recent = exitsMs.filter((at) => last - at < limits.windowMs).length;
  if (recent > limits.most) return null;
  return Math.min(limits.longestDelayMs, limits.firstDelayMs * 2 ** (recent - 1));
}
