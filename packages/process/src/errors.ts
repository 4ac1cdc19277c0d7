// The errors of a process's start. Each names the thing and the remedy; the table is in `docs/errors/process.md`.

export type ProcessErrorCode = "EASEL_PROCESS_ARGUMENTS" | "EASEL_PROCESS_FOLDER";

/** A process that cannot start as it was called. */
export class ProcessError extends Error {
  readonly code: ProcessErrorCode;
  readonly retryable = false;

  constructor(code: ProcessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProcessError";
    this.code = code;
  }
}
