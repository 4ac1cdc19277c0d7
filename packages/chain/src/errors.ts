// Errors of the chain package. Reading a chain never throws; only wrong calls by code do.

/** Stable codes of this package's errors. */
export type ChainErrorCode = "EASEL_CHAIN_BAD_BOX" | "EASEL_CHAIN_BAD_NAME" | "EASEL_CHAIN_BAD_CANVAS";

/** A wrong argument; never worth a retry. */
export class ChainError extends Error {
  readonly code: ChainErrorCode;
  readonly retryable: boolean = false;

  constructor(code: ChainErrorCode, message: string) {
    super(message);
    this.name = "ChainError";
    this.code = code;
  }
}
