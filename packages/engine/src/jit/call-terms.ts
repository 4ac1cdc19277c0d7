// Conditions on the start of an asynchronous call, and waiting under them. What has started always runs to its end:
// TensorFlow cannot stop it.
import { EngineError } from "../errors.js";

/** Until a call has started, its caller may take it back. */
export type CallTerms = {
  /** Aborting it before the call has started cancels the call; afterwards it changes nothing. */
  readonly signal?: AbortSignal;
  /** How long the call may take to start, in milliseconds from when it is made: tracing and waiting for its turn. */
  readonly startWithinMs?: number;
};

/**
 * Waits for `turn`, at most as long as the terms allow.
 * @param askedMs when the call was made, by performance.now()
 * @throws EngineError EASEL_ENGINE_CALL_CANCELLED, EASEL_ENGINE_CALL_DEADLINE
 */
export async function waitForTurn(
  name: string,
  turn: Promise<unknown>,
  terms: CallTerms,
  askedMs: number,
): Promise<void> {
  refuseStart(name, terms, askedMs);
  const { signal, startWithinMs } = terms;
  let wake = (): void => {};
  const interrupted = new Promise<void>((resolve) => {
    wake = resolve;
  });
  signal?.addEventListener("abort", wake);
  const timer =
    startWithinMs === undefined
      ? undefined
      : setTimeout(wake, Math.ceil(askedMs + startWithinMs - performance.now()) + 1);
  try {
    await Promise.race([turn, interrupted]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", wake);
  }
  refuseStart(name, terms, askedMs);
}

/** @throws EngineError when the terms do not allow the call to start any more */
export function refuseStart(name: string, { signal, startWithinMs }: CallTerms, askedMs: number): void {
  if (signal?.aborted === true) {
    throw new EngineError(
      "EASEL_ENGINE_CALL_CANCELLED",
      `A call of ${name} was cancelled by its signal before it started: nothing was computed or assigned.`,
      { retryable: true, cause: signal.reason },
    );
  }
  if (startWithinMs === undefined || performance.now() - askedMs <= startWithinMs) return;
  throw new EngineError(
    "EASEL_ENGINE_CALL_DEADLINE",
    `A call of ${name} did not start within ${startWithinMs} ms: nothing was computed or assigned. Wait for the calls ` +
      "that share its variables, or allow more time.",
    { retryable: true },
  );
}
