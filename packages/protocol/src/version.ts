// The version of the wire protocol. Any change of a message's fields or meaning raises it.

/** Written into every message; a reader refuses every other number instead of guessing. */
export const PROTOCOL_VERSION = 1;
