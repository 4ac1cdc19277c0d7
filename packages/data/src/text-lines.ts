// Lines of a text file, one after the other with their numbers. Never holds more than one line and one piece of the file.
import { createReadStream } from "node:fs";
import { DataError } from "./errors.js";

/** Longest line that is read, in bytes: far more than a chain with its prompt, far less than memory. */
export const LINE_LIMIT_BYTES = 4 * 1024 * 1024;

/** A line without its end (`\n` or `\r\n`), counted from 1. */
export type TextLine = { readonly number: number; readonly text: string };

/** Reading options. */
export type LineOptions = {
  /** Longest line in bytes; default `LINE_LIMIT_BYTES`. */
  readonly limitBytes?: number;
  /** Called with every piece of the file as it is read, for a digest. */
  readonly onBytes?: (bytes: Uint8Array) => void;
};

const LINE_FEED = 10;

/**
 * Reads a UTF-8 file line by line. A byte order mark at its start is left out, and so is a last line without any character.
 *
 * @throws DataError `EASEL_DATA_UNREADABLE` when the file cannot be read, `EASEL_DATA_BAD_TEXT` for a line that is too long or
 *   not UTF-8
 */
export async function* readLines(path: string, options: LineOptions = {}): AsyncGenerator<TextLine> {
  const limit = options.limitBytes ?? LINE_LIMIT_BYTES;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 0;
  let pieces: Buffer[] = [];
  let held = 0;
  const refuseLong = (sizeBytes: number): void => {
    if (sizeBytes <= limit) return;
    throw new DataError(
      "EASEL_DATA_BAD_TEXT",
      `${path}:${number + 1}: the line is longer than ${limit} bytes. Give a file with one record a line.`,
    );
  };
  const take = (end: Buffer): TextLine => {
    refuseLong(held + end.length);
    const bytes = pieces.length === 0 ? end : Buffer.concat([...pieces, end]);
    pieces = [];
    held = 0;
    number += 1;
    return { number, text: decode(decoder, bytes, path, number) };
  };
  for await (const piece of bytesOf(path)) {
    options.onBytes?.(piece);
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, from)) {
      yield take(piece.subarray(from, at));
      from = at + 1;
    }
    if (from === piece.length) continue;
    pieces.push(piece.subarray(from));
    held += piece.length - from;
    refuseLong(held);
  }
  if (held > 0) yield take(Buffer.alloc(0));
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) yield piece as Buffer;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The error of a file that the system does not let us read. */
export function unreadable(path: string, cause: unknown): DataError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DataError(
    "EASEL_DATA_UNREADABLE",
    `${path} cannot be read (${reason}). Check the path and its permissions.`,
    { cause },
  );
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Buffer,
  path: string,
  number: number,
): string {
  try {
    const text = decoder.decode(bytes);
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  } catch (cause) {
    throw new DataError(
      "EASEL_DATA_BAD_TEXT",
      `${path}:${number}: the line is not UTF-8. Convert the file to UTF-8.`,
      { cause },
    );
  }
}
