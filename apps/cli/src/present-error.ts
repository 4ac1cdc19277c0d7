// Any failure as one message for a person: the thing, the fix, the code. The only place that decides about stack traces.

/** What the operating system's codes mean for a user, and what to do. */
const system: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder; check the path",
  EACCES: "access is denied; check the owner and permissions",
  EPERM: "the system does not permit it; check the owner and permissions",
  EROFS: "the file system is read-only; choose another folder",
  ENOSPC: "the disk is full; free some space and try again, nothing that was written before is lost",
  EDQUOT: "the disk quota is used up; free some space and try again",
  EISDIR: "this is a folder, and a file is needed",
  ENOTDIR: "a part of this path is a file, and a folder is needed",
  EEXIST: "it exists already; choose another name",
  EMFILE: "too many files are open; raise the limit (ulimit -n)",
  EADDRINUSE: "the port is in use; stop the program that uses it or choose another port",
  ECONNREFUSED: "nothing answers there; check the address and whether the server runs",
  ENOMEM: "memory ran out; use smaller batches or fewer workers",
};

type Failure = {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly retryable: boolean;
  /** File, or host and port, that a system error is about. */
  readonly subject: string | undefined;
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
};

function failureOf(error: unknown): Failure {
  const value = (typeof error === "object" && error !== null ? error : { message: String(error) }) as {
    readonly [key: string]: unknown;
  };
  const text = (key: string): string | undefined => {
    const one = value[key];
    return typeof one === "string" && one !== "" ? one : undefined;
  };
  const host = text("address");
  const port = typeof value.port === "number" ? `:${value.port}` : "";
  return {
    name: text("name") ?? "Error",
    message: text("message") ?? String(error),
    code: text("code"),
    retryable: value.retryable === true,
    subject: text("path") ?? (host === undefined ? undefined : `${host}${port}`),
    issues: Array.isArray(value.issues) ? (value.issues as Failure["issues"]) : [],
  };
}

/**
 * The text for a failure, ending in a line break.
 *
 * @param trace adds the stack of the error and of its causes
 */
export function presentError(error: unknown, trace: boolean): string {
  const lines = sentencesOf(failureOf(error));
  if (trace) lines.push(...stackOf(error));
  return `${lines.join("\n")}\n`;
}

function sentencesOf(failure: Failure): string[] {
  const { code, message, name, subject, issues } = failure;
  if (code?.startsWith("EASEL_") === true) {
    return [`error: ${message}`, `       (${code}${failure.retryable ? "; trying again may help" : ""})`];
  }
  const known = code === undefined ? undefined : system[code];
  if (known !== undefined) return [`error: ${subject ?? message}: ${known} (${code})`];
  if (issues.length > 0) {
    const listed = issues.map(
      (issue) => `  ${issue.path.map(String).join(".") || "(the whole)"}: ${issue.message}`,
    );
    return ["error: the settings are not valid; correct these and try again:", ...listed];
  }
  if (name === "YAMLParseError") return [`error: the settings are not valid YAML: ${message.split("\n")[0]}`];
  if (name === "AbortError") return ["stopped"];
  return [`error: ${message}`, "       (unexpected; --trace shows where it happened)"];
}

function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  let current = error;
  // A cause may point back to its error.
  for (let depth = 0; current instanceof Error && depth < 8; depth += 1) {
    lines.push(`${depth === 0 ? "" : "caused by "}${current.stack ?? current.message}`);
    current = current.cause;
  }
  return lines;
}
