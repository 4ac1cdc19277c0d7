// The errors of this package. Each names what was wrong with which message, and what to do about it.

/** Codes of {@link ProtocolError}; the table is in `docs/errors/protocol.md`. */
export type ProtocolErrorCode =
  | "EASEL_PROTOCOL_UNKNOWN_VERSION"
  | "EASEL_PROTOCOL_WRONG_TYPE"
  | "EASEL_PROTOCOL_UNDECODABLE"
  | "EASEL_PROTOCOL_INVALID"
  | "EASEL_PROTOCOL_BAD_NAME"
  | "EASEL_PROTOCOL_NOT_JSON";

/** A message, name or value that breaks the wire protocol. Retrying with the same bytes never helps. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;
  readonly retryable = false;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProtocolError";
    this.code = code;
  }
}
