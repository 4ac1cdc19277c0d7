// The errors of `easel train`. Each names the thing and the remedy; the table is in `docs/errors/train.md`.

export type TrainErrorCode =
  | "EASEL_TRAIN_NO_NATS_SERVER"
  | "EASEL_TRAIN_NATS_TOO_OLD"
  | "EASEL_TRAIN_NATS_FAILED"
  | "EASEL_TRAIN_PORT_IN_USE"
  | "EASEL_TRAIN_RUN_BUSY"
  | "EASEL_TRAIN_SETTING_FIXED"
  | "EASEL_TRAIN_NO_CHECKPOINT"
  | "EASEL_TRAIN_PROCESS_FAILED";

/** Something that ends a run on this machine. The run itself can be resumed. */
export class TrainError extends Error {
  readonly code: TrainErrorCode;
  readonly retryable: boolean;

  constructor(code: TrainErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TrainError";
    this.code = code;
    this.retryable = code === "EASEL_TRAIN_PORT_IN_USE" || code === "EASEL_TRAIN_RUN_BUSY";
  }
}
