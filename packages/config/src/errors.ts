// What goes wrong with a configuration. Always the user's to correct, so never worth a second try unchanged.

export type ConfigErrorCode = "EASEL_CONFIG_UNREADABLE" | "EASEL_CONFIG_SYNTAX" | "EASEL_CONFIG_INVALID";

/** A configuration that cannot be used. The message names file, line, key and the fix. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  readonly retryable = false;

  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConfigError";
    this.code = code;
  }
}
