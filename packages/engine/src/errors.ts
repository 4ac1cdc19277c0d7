// The one error family of the engine. Every code is listed, with what to do, in docs/errors/engine.md.

/** A code such as `EASEL_ENGINE_SAFETENSORS_HEADER`: stable, meant for logs, alerts and tests. */
export type EngineErrorCode = `EASEL_ENGINE_${string}`;

/** An error of the engine. The message names the thing that is wrong and what to do about it. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  /** True when the same call may succeed later without a change by a person. */
  readonly retryable: boolean;

  constructor(
    code: EngineErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EngineError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
