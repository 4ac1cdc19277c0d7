// The errors of planning.

/** Stable codes, explained in `docs/errors.md`. */
export type PlanErrorCode = "EASEL_PLAN_CARD" | "EASEL_PLAN_MODEL";

/** A plan cannot be made; the message names what is wrong and the fix. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  readonly code: PlanErrorCode;
  readonly retryable = false;

  constructor(code: PlanErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
