// Errors of the world. The detector has none: any picture gives a list.

/** Stable codes of this package's errors. */
export type ShapeworldErrorCode =
  | "EASEL_SHAPEWORLD_BAD_PNG"
  | "EASEL_SHAPEWORLD_BAD_IMAGE"
  | "EASEL_SHAPEWORLD_BAD_OPTION"
  | "EASEL_SHAPEWORLD_HELD_OUT_PROMPT"
  | "EASEL_SHAPEWORLD_PROMPT_FILE"
  | "EASEL_SHAPEWORLD_UNPLACEABLE"
  | "EASEL_SHAPEWORLD_UNTELLABLE_RELATION"
  | "EASEL_SHAPEWORLD_PRIMITIVE_NOT_TRAINED";

/** A wrong argument or unreadable input; never worth a retry. */
export class ShapeworldError extends Error {
  readonly code: ShapeworldErrorCode;
  readonly retryable: boolean = false;

  constructor(code: ShapeworldErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ShapeworldError";
    this.code = code;
  }
}
