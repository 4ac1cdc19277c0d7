// What goes wrong with training data. Always about a file that the user gave, so hardly ever worth a second try unchanged.

/** Stable codes, explained in `docs/errors.md`. */
export type DataErrorCode =
  | "EASEL_DATA_UNREADABLE"
  | "EASEL_DATA_BAD_TEXT"
  | "EASEL_DATA_BAD_RECORD"
  | "EASEL_DATA_BAD_JSON"
  | "EASEL_DATA_BAD_PARQUET"
  | "EASEL_DATA_FORMAT"
  | "EASEL_DATA_NOTHING_KEPT"
  | "EASEL_DATA_IMAGE_FOLDER"
  | "EASEL_DATA_BENCHMARK"
  | "EASEL_DATA_MIX";

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

/** What an unknown failure says, in one line. */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split("\n")[0] ?? text;
}
