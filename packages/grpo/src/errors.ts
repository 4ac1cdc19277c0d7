// Errors of this package: misuse of the arithmetic (shapes, options, numbers that are not finite). Never a data fault.

/** Codes are listed with their remedy in `docs/errors/grpo.md`. */
export type GrpoErrorCode = "EASEL_GRPO_SHAPE" | "EASEL_GRPO_NOT_FINITE" | "EASEL_GRPO_OPTION";

/** Thrown for input that no formula of this package is defined on. Trying again with the same input cannot help. */
export class GrpoError extends Error {
  override readonly name = "GrpoError";
  readonly code: GrpoErrorCode;
  readonly retryable: boolean = false;

  constructor(code: GrpoErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
