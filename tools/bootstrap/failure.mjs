// The one error of set-up: what went wrong, why, and the exact thing to do about it. Not for programming mistakes.

/** Ends set-up with a message the user can act on. */
export class SetupFailure extends Error {
  /** @param {{ what: string, cause: string, fix: string }} parts */
  constructor({ what, cause, fix }) {
    super(what);
    this.name = "SetupFailure";
    this.reason = cause;
    this.fix = fix;
  }
}

/** The failure as it is printed: three labelled paragraphs. */
export function describeFailure(failure) {
  const indent = (text) => text.trim().split("\n").join("\n           ");
  return [
    `Set-up stopped: ${failure.message}`,
    `  cause:   ${indent(failure.reason)}`,
    `  fix:     ${indent(failure.fix)}`,
  ].join("\n");
}
