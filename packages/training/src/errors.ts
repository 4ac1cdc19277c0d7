// The errors of the training loops. Not the errors of the engine or the model beneath, which pass through unchanged.

/** An error of this package with a stable code. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
  /** Stable code, `EASEL_TRAINING_…`, listed in `docs/errors.md`. */
  readonly code: string;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: ErrorOptions & { readonly retryable?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
