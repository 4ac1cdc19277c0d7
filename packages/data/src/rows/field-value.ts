// Values of named fields of a row, whatever the format made of them.
import { textOf } from "./file-bytes.js";

/** The value at a path such as `meta.width`; a name with dots in it comes first. `undefined` where there is none. */
export function fieldValue(row: unknown, path: string): unknown {
  const own = ownValue(row, path);
  if (own !== undefined || !path.includes(".")) return own;
  let here = row;
  for (const key of path.split(".")) here = ownValue(here, key);
  return here;
}

function ownValue(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/**
 * The text of a value; null when it is none. Bytes, as parquet gives them, count as text when they are UTF-8.
 */
export function textValue(value: unknown): string | null {
  // Half a surrogate pair cannot be written as UTF-8.
  if (typeof value === "string") return /\p{Surrogate}/u.test(value) ? null : value;
  if (!(value instanceof Uint8Array)) return null;
  try {
    return textOf(value, "");
  } catch {
    return null;
  }
}

/** The whole number of a value, at least 1; null when it is none. Numbers written as text count. */
export function sizeValue(value: unknown): number | null {
  const text = typeof value === "string" && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : value;
  const number = typeof text === "bigint" ? Number(text) : text;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 1 ? number : null;
}

/** Names of the fields of a row, for messages; empty when it has none. */
export function fieldNames(row: unknown): readonly string[] {
  return typeof row === "object" && row !== null && !Array.isArray(row) ? Object.keys(row) : [];
}
