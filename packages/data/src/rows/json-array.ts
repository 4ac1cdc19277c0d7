// Elements of a file that holds one JSON array, one after the other. Cuts them out of the bytes, so that a file of any size is
// read with the memory of one element.
import { DataError, reasonOf } from "../errors.js";
import { ByteCollector, RECORD_LIMIT_BYTES, readBytes, textOf } from "./file-bytes.js";
import type { LineOptions } from "./text-lines.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isByteOrderMark = (byte: number): boolean => byte === 0xef || byte === 0xbb || byte === 0xbf;

/** Where the scan is: before the array, in it, or after its end. */
type Part = "before" | "inside" | "after";

/**
 * Reads the elements of a JSON array.
 *
 * @param options `limitBytes` is the largest element
 * @throws DataError `EASEL_DATA_BAD_JSON` when the file is no whole array, `EASEL_DATA_BAD_TEXT` for an element that is too large
 *   or not UTF-8, `EASEL_DATA_UNREADABLE`
 */
export async function* readJsonArray(path: string, options: LineOptions = {}): AsyncGenerator<unknown> {
  const element = new ByteCollector(options.limitBytes ?? RECORD_LIMIT_BYTES);
  let part: Part = "before";
  let number = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  const place = (): string => `${path}: element ${number + 1}`;
  for await (const piece of readBytes(path)) {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at] ?? 0;
      if (part !== "inside") {
        if (isSpace(byte) || (part === "before" && isByteOrderMark(byte))) continue;
        if (part === "after") throw broken(path, "there is more text after the end of the array");
        if (byte !== OPEN_ARRAY) throw broken(path, "it does not begin with [");
        part = "inside";
        from = at + 1;
      } else if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth += 1;
      } else if (depth > 0) {
        if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
      } else if (byte === COMMA || byte === CLOSE_ARRAY) {
        element.add(piece.subarray(from, at), place);
        from = at + 1;
        const text = textOf(element.take(), place());
        const empty = text.trim() === "";
        if (byte !== COMMA) part = "after";
        // `[]` has no element; an empty one between commas is left to the parser to refuse.
        if (empty && number === 0 && part === "after") continue;
        yield parse(text, place());
        number += 1;
      }
    }
    if (part === "inside") element.add(piece.subarray(from), place);
  }
  if (part === "before") throw broken(path, "it is empty");
  if (part === "inside") throw broken(path, `it is cut off in element ${number + 1}`);
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(
      "EASEL_DATA_BAD_JSON",
      `${place} is not JSON (${reasonOf(cause)}). Correct the file.`,
      {
        cause,
      },
    );
  }
}

function broken(path: string, what: string): DataError {
  return new DataError(
    "EASEL_DATA_BAD_JSON",
    `${path} is not one whole JSON array: ${what}. Fetch the file again; where it holds one object a line, name it .jsonl or give the format jsonl.`,
  );
}
