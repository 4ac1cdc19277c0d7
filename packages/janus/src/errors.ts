// The errors of @easel/janus. One class; the code says which kind of thing went wrong.

/** Everything that can go wrong in this package, as stable codes (see docs/errors/janus.md). */
export type JanusErrorCode =
  | "EASEL_JANUS_CONFIG_INVALID"
  | "EASEL_JANUS_CHECKPOINT_UNREADABLE"
  | "EASEL_JANUS_CHECKPOINT_MISMATCH"
  | "EASEL_JANUS_NO_BF16"
  | "EASEL_JANUS_TORCH_FILE"
  | "EASEL_JANUS_PICKLE_REFUSED"
  | "EASEL_JANUS_EXPORT_IMPOSSIBLE"
  | "EASEL_JANUS_EXPORT_TARGET"
  | "EASEL_JANUS_ADAPTER_MISMATCH"
  | "EASEL_JANUS_ADAPTER_TARGET"
  | "EASEL_JANUS_TOKENIZER_INVALID"
  | "EASEL_JANUS_TOKEN_MISSING"
  | "EASEL_JANUS_SHAPE_MISMATCH"
  | "EASEL_JANUS_TOO_MANY_ROWS"
  | "EASEL_JANUS_PROMPT_TOO_LONG"
  | "EASEL_JANUS_TRUNCATION";

/** An error of the model package: the message names the thing at fault and the fix. Never retryable. */
export class JanusError extends Error {
  override readonly name = "JanusError";
  readonly code: JanusErrorCode;
  readonly retryable: boolean = false;

  constructor(code: JanusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
