// The errors of this package. Each names the thing and the remedy; the table is in `docs/errors/bus.md`.

export type BusErrorCode =
  | "EASEL_BUS_CONNECT"
  | "EASEL_BUS_SERVER_TOO_OLD"
  | "EASEL_BUS_NO_JETSTREAM"
  | "EASEL_BUS_STREAM_INCOMPATIBLE"
  | "EASEL_BUS_CONSUMER_MISSING"
  | "EASEL_BUS_STREAM_REPLACED"
  | "EASEL_BUS_STREAM_FULL"
  | "EASEL_BUS_STORE_FULL"
  | "EASEL_BUS_PUBLISH_UNKNOWN"
  | "EASEL_BUS_PUBLISH_REFUSED"
  | "EASEL_BUS_MESSAGE_TOO_LARGE"
  | "EASEL_BUS_LEASE_LOST"
  | "EASEL_BUS_LEASE_DEADLINE"
  | "EASEL_BUS_LEADER_HELD"
  | "EASEL_BUS_LEADER_LOST"
  | "EASEL_BUS_WEIGHTS_CONFLICT"
  | "EASEL_BUS_CHECKPOINT_CONFLICT"
  | "EASEL_BUS_BLOB_MISSING"
  | "EASEL_BUS_BLOB_CORRUPT"
  | "EASEL_BUS_BLOB_QUOTA"
  | "EASEL_BUS_BLOB_STALLED"
  | "EASEL_BUS_WAIT_DEADLINE"
  | "EASEL_BUS_NOT_ARCHIVED";

const retryableCodes: ReadonlySet<BusErrorCode> = new Set<BusErrorCode>([
  "EASEL_BUS_CONNECT",
  "EASEL_BUS_CONSUMER_MISSING",
  "EASEL_BUS_STREAM_FULL",
  "EASEL_BUS_PUBLISH_UNKNOWN",
  "EASEL_BUS_LEASE_LOST",
  "EASEL_BUS_LEADER_HELD",
  "EASEL_BUS_BLOB_QUOTA",
  "EASEL_BUS_BLOB_STALLED",
  "EASEL_BUS_WAIT_DEADLINE",
]);

/** Something the broker, the blob store or another process did not let happen. */
export class BusError extends Error {
  readonly code: BusErrorCode;
  /** True when the same call may succeed later without anybody changing anything else. */
  readonly retryable: boolean;

  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BusError";
    this.code = code;
    this.retryable = retryableCodes.has(code);
  }
}
