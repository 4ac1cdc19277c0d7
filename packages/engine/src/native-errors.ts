// Errors thrown by the addon become EngineErrors. The addon sets `code` and names the op in the message.
import { EngineError, type EngineErrorCode } from "./errors.js";

/** The EngineError for whatever was thrown; what did not come from the addon is returned as it is. */
export function asEngineError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EngineError) return error;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || !code.startsWith("EASEL_ENGINE_")) return error;
  return new EngineError(code as EngineErrorCode, error.message, { cause: error });
}

/** Runs a call into the addon. */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asEngineError(error);
  }
}
