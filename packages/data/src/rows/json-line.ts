// One line of JSON. Knows nothing of what it should hold.
import { DataError, reasonOf } from "../errors.js";
import type { TextLine } from "./text-lines.js";

/**
 * The value of a line of JSON.
 *
 * @throws DataError `EASEL_DATA_BAD_RECORD`
 */
export function parseJsonLine(path: string, { number, text }: TextLine): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(
      "EASEL_DATA_BAD_RECORD",
      `${path}:${number}: the line is not JSON (${reasonOf(cause)}). Each line holds one record; a last line that is cut off means that the file is not whole.`,
      { cause },
    );
  }
}
