// The errors of the learner process. Each names the thing and the remedy; the table is in `docs/errors/learner.md`.

export type LearnerErrorCode =
  | "EASEL_LEARNER_CHECKPOINT_CORRUPT"
  | "EASEL_LEARNER_NO_CHECKPOINT"
  | "EASEL_LEARNER_ANOTHER_RUN"
  | "EASEL_LEARNER_BROKER_LOST"
  | "EASEL_LEARNER_AUDIT_FAILED"
  | "EASEL_LEARNER_NO_PROMPTS"
  | "EASEL_LEARNER_PROMPTS_CHANGED"
  | "EASEL_LEARNER_REPLAY_MISSING"
  | "EASEL_LEARNER_STEP_TAKEN"
  | "EASEL_LEARNER_SUCCEEDED"
  | "EASEL_LEARNER_NO_PROGRESS";

const retryableCodes: ReadonlySet<LearnerErrorCode> = new Set<LearnerErrorCode>([
  "EASEL_LEARNER_NO_PROGRESS",
  "EASEL_LEARNER_STEP_TAKEN",
  "EASEL_LEARNER_SUCCEEDED",
]);

/** Something that keeps the learner from going on. */
export class LearnerError extends Error {
  readonly code: LearnerErrorCode;
  /** True when starting the learner again may succeed without anybody changing anything. */
  readonly retryable: boolean;

  constructor(code: LearnerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LearnerError";
    this.code = code;
    this.retryable = retryableCodes.has(code);
  }
}
