// What a process's exit status says to whoever started it. The values are those of sysexits.

export const exitCodes = {
  ok: 0,
  /** An error with a code that starting again would not mend: somebody must change something. */
  refused: 1,
  /** An error that nobody foresaw. */
  crashed: 70,
  /** An error with a code that another start may mend. */
  tryAgain: 75,
} as const;

/** The exit status for an error. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Error) || !("retryable" in error))
    return hasCode(error) ? exitCodes.refused : exitCodes.crashed;
  return error.retryable === true ? exitCodes.tryAgain : exitCodes.refused;
}

/** One line for people: the code, what is wrong, what to do. No stack; that is in the log. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  if (code === "EACCES" || code === "EROFS")
    return `${code}: A folder of the run cannot be written (${error.message}). Correct its permissions and resume the run.`;
  if (code !== null) return `${code}: ${error.message}`;
  return `An error that Easel does not know: ${error.message}. The log has its trace.`;
}

/** Codes of the file system that a user can do something about. */
function hasCode(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EACCES", "EROFS"].includes(String(error.code));
}
