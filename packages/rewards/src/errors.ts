// Errors of this package: a sample that cannot be judged at all. A bad sample is not an error, it scores low.

/** Codes are listed with their remedy in `docs/errors/rewards.md`. */
export type RewardsErrorCode =
  | "EASEL_REWARDS_IMAGE"
  | "EASEL_REWARDS_PROMPT"
  | "EASEL_REWARDS_UNKNOWN_REWARD";

/** Thrown for input no judge can read. The same input fails again. */
export class RewardsError extends Error {
  override readonly name = "RewardsError";
  readonly code: RewardsErrorCode;
  readonly retryable: boolean = false;

  constructor(code: RewardsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
