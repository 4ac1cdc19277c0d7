// The errors of this package: what a test could not get, and how to provide it.

export type TestkitErrorCode =
  | "EASEL_TESTKIT_NO_NATS_SERVER"
  | "EASEL_TESTKIT_NATS_CHOICE"
  | "EASEL_TESTKIT_NO_ENGINE"
  | "EASEL_TESTKIT_IMAGE"
  | "EASEL_TESTKIT_START_FAILED"
  | "EASEL_TESTKIT_TIMEOUT";

export class TestkitError extends Error {
  readonly code: TestkitErrorCode;
  readonly retryable: boolean;

  constructor(code: TestkitErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TestkitError";
    this.code = code;
    this.retryable = code === "EASEL_TESTKIT_TIMEOUT";
  }
}
