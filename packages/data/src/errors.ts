// What goes wrong with training data. Always about a file that the user gave, so hardly ever worth a second try unchanged.

/** Stable codes, explained in `docs/errors.md`. */
export type DataErrorCode = "EASEL_DATA_UNREADABLE" | "EASEL_DATA_BAD_TEXT" | "EASEL_DATA_BAD_RECORD";

/** Data that cannot be used; the message names the file, where it has lines also the line and the field, and the fix. */
export class DataError extends Error {
  override readonly name = "DataError";
  readonly code: DataErrorCode;
  readonly retryable = false;

  constructor(code: DataErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
