// One text for one JSON value: keys sorted by code unit, no spaces. It exists for digests, not for reading.
import { ProtocolError } from "./errors.js";

/** Any value that JSON can carry without loss. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** True for values that JSON carries without loss: no NaN, infinities, undefined, typed arrays or class instances. */
export function isJsonValue(value: unknown): value is JsonValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJsonValue);
  if (typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every(isJsonValue);
}

/**
 * Serialises a JSON value so that equal values give equal text, whatever order their keys were written in.
 * @throws ProtocolError `EASEL_PROTOCOL_NOT_JSON` when the value holds something JSON would lose or change.
 */
export function canonicalJson(value: JsonValue): string {
  if (!isJsonValue(value)) {
    throw new ProtocolError(
      "EASEL_PROTOCOL_NOT_JSON",
      "The value holds something that JSON loses (undefined, NaN, an infinity or a class instance). Pass plain JSON data.",
    );
  }
  return write(value);
}

function write(value: JsonValue): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(write).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key] ?? null)}`);
  return `{${members.join(",")}}`;
}

function isList(
  value: readonly JsonValue[] | { readonly [key: string]: JsonValue },
): value is readonly JsonValue[] {
  return Array.isArray(value);
}
