// What goes wrong with telemetry itself. Training never depends on it.

export type TelemetryErrorCode = "EASEL_TELEMETRY_PORT" | "EASEL_TELEMETRY_METRIC";

/** A fault of logs or metrics. */
export class TelemetryError extends Error {
  readonly code: TelemetryErrorCode;
  readonly retryable: boolean;

  constructor(code: TelemetryErrorCode, message: string, options?: ErrorOptions & { retryable?: boolean }) {
    super(message, options);
    this.name = "TelemetryError";
    this.code = code;
    this.retryable = options?.retryable ?? false;
  }
}
