// Lines of a text file, one after the other with their numbers. Never holds more than one line and one piece of the file.
import { ByteCollector, RECORD_LIMIT_BYTES, readBytes, textOf } from "./file-bytes.js";

/** A line without its end (`\n` or `\r\n`), counted from 1. */
export type TextLine = { readonly number: number; readonly text: string };

/** Reading options. */
export type LineOptions = {
  /** Longest line in bytes; default `RECORD_LIMIT_BYTES`. */
  readonly limitBytes?: number;
};

const LINE_FEED = 10;

/**
 * Reads a UTF-8 file line by line. A byte order mark before it is left out, and so is a last line without any character.
 *
 * @throws DataError `EASEL_DATA_UNREADABLE` when the file cannot be read, `EASEL_DATA_BAD_TEXT` for a line that is too long or
 *   not UTF-8
 */
export async function* readLines(path: string, options: LineOptions = {}): AsyncGenerator<TextLine> {
  const line = new ByteCollector(options.limitBytes ?? RECORD_LIMIT_BYTES);
  let number = 0;
  const place = (): string => `${path}:${number + 1}: the line`;
  const take = (): TextLine => {
    const text = textOf(line.take(), place());
    number += 1;
    return { number, text: text.endsWith("\r") ? text.slice(0, -1) : text };
  };
  for await (const piece of readBytes(path)) {
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, from)) {
      line.add(piece.subarray(from, at), place);
      yield take();
      from = at + 1;
    }
    line.add(piece.subarray(from), place);
  }
  if (line.sizeBytes > 0) yield take();
}
