// The errors of run folders. What other packages throw passes through unchanged.

/** Stable codes, explained in `docs/errors.md`. */
export type RunsErrorCode =
  | "EASEL_RUNS_NOT_FOUND"
  | "EASEL_RUNS_BAD_ID"
  | "EASEL_RUNS_OUTSIDE_ROOT"
  | "EASEL_RUNS_NOT_COMPARABLE"
  | "EASEL_RUNS_DAMAGED";

/** Something is wrong with a run's folder; the message names the folder or file and the fix. */
export class RunsError extends Error {
  override readonly name = "RunsError";
  readonly code: RunsErrorCode;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor(
    code: RunsErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryable?: boolean } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
