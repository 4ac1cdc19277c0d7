// The errors that every process may end with. Each names the thing and the remedy; the table is in `docs/errors/process.md`.

export type ProcessErrorCode = "EASEL_PROCESS_ARGUMENTS" | "EASEL_PROCESS_FOLDER" | "EASEL_PROCESS_DISK_FULL";

/** A process that cannot start as it was called, or cannot write where it has to. */
export class ProcessError extends Error {
  readonly code: ProcessErrorCode;
  readonly retryable = false;

  constructor(code: ProcessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProcessError";
    this.code = code;
  }
}
