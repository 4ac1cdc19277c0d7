// The errors that the command line itself raises. Those of the packages pass through unchanged.

/** Stable codes, explained in `docs/errors.md`. */
export type CliErrorCode =
  | "EASEL_CLI_OPTION"
  | "EASEL_CLI_POLICY_FILE"
  | "EASEL_CLI_NO_POLICY"
  | "EASEL_CLI_RUN_ACTIVE"
  | "EASEL_CLI_PROMPTS"
  | "EASEL_CLI_OUT_FOLDER"
  | "EASEL_CLI_RESULTS";

/** Something that the user asked for cannot be done; the message names it and the fix. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly retryable: boolean;

  constructor(
    code: CliErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryable?: boolean } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
