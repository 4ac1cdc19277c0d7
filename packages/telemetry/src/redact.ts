// Keeps secrets out of logs: values under telling names, and credentials inside URLs and headers. Pure.

const MASK = "[redacted]";
const SECRET_NAME =
  /(password|passwd|secret|token|api_?key|authorization|credential|private_?key|cookie|nkey|seed_?phrase|jwt)/i;
// Counts and digests of model tokens are the daily bread of these logs and no secrets.
const HARMLESS_NAME = /tokens|tokenizer|tokenCount|tokenMean/i;
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
const QUERY_SECRET = /([?&](?:token|key|api_?key|secret|password|signature)=)[^&\s"']+/gi;
const DEPTH_LIMIT = 8;

/** A text without credentials in URLs, query strings and authorization headers. */
export function redactText(text: string): string {
  return text
    .replace(URL_CREDENTIALS, `$1${MASK}@`)
    .replace(BEARER, `$1 ${MASK}`)
    .replace(QUERY_SECRET, `$1${MASK}`);
}

/** The same value without secrets. Errors become plain fields with their code and cause; binary data becomes its size. */
export function redactFields(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_LIMIT) return "[deeper]";
  if (value instanceof Error) return errorFields(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.constructor.name}, ${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redactFields(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return redactFields([...value], depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name) ? MASK : redactFields(inner, depth + 1),
    ]),
  );
}

const isSecret = (name: string): boolean => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);

function errorFields(error: Error, depth: number): unknown {
  const code: unknown = "code" in error ? error.code : undefined;
  return {
    type: error.name,
    message: redactText(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactFields(error.cause, depth + 1) }),
  };
}
