// The errors of a rollout worker. Each names the thing and the remedy; the table is in `docs/errors/rollout-worker.md`.

export type RolloutErrorCode =
  | "EASEL_ROLLOUT_NO_WEIGHTS"
  | "EASEL_ROLLOUT_WEIGHTS_UNREADABLE"
  | "EASEL_ROLLOUT_COMPUTE_DEADLINE"
  | "EASEL_ROLLOUT_KEEPS_FAILING"
  | "EASEL_ROLLOUT_PICTURES_FULL"
  | "EASEL_ROLLOUT_PICTURE";

const retryableCodes: ReadonlySet<RolloutErrorCode> = new Set<RolloutErrorCode>([
  "EASEL_ROLLOUT_NO_WEIGHTS",
  "EASEL_ROLLOUT_WEIGHTS_UNREADABLE",
  "EASEL_ROLLOUT_COMPUTE_DEADLINE",
  "EASEL_ROLLOUT_PICTURES_FULL",
]);

/** Something that ends a rollout worker. */
export class RolloutError extends Error {
  readonly code: RolloutErrorCode;
  /** True when another start of the worker may succeed without anybody changing anything. */
  readonly retryable: boolean;

  constructor(code: RolloutErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RolloutError";
    this.code = code;
    this.retryable = retryableCodes.has(code);
  }
}
