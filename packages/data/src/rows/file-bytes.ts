// The bytes of a file, piece by piece, and what they are as text. Knows nothing of lines or records.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { DataError, reasonOf } from "../errors.js";

const PIECE_BYTES = 256 * 1024;

/** Largest line or element that is read, in bytes: far more than a chain with its prompt, far less than memory. */
export const RECORD_LIMIT_BYTES = 4 * 1024 * 1024;

/** The error of a file that the system does not let us read. */
export function unreadable(path: string, cause: unknown): DataError {
  return new DataError(
    "EASEL_DATA_UNREADABLE",
    `${path} cannot be read (${reasonOf(cause)}). Check the path and its permissions.`,
    { cause },
  );
}

/**
 * Reads a file in pieces.
 *
 * @throws DataError `EASEL_DATA_UNREADABLE`
 */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { highWaterMark: PIECE_BYTES });
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    while (true) {
      // Only reading is tried here: what the consumer throws passes unchanged.
      const next = await pieces.next().catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
}

/** Size and digest of a file. */
export type FileDigest = { readonly sizeBytes: number; readonly sha256: string };

/**
 * Digests a file.
 *
 * @throws DataError `EASEL_DATA_UNREADABLE`
 */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const piece of readBytes(path)) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Bytes as text; a byte order mark before them is left out.
 *
 * @param place of the bytes, for the message
 * @throws DataError `EASEL_DATA_BAD_TEXT` when they are not UTF-8
 */
export function textOf(bytes: Uint8Array, place: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new DataError("EASEL_DATA_BAD_TEXT", `${place} is not UTF-8. Convert the file to UTF-8.`, {
      cause,
    });
  }
}

/** Bytes of one line or element that come in pieces; never holds more than the limit. */
export class ByteCollector {
  readonly #limitBytes: number;
  #pieces: Buffer[] = [];
  #held = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#held;
  }

  /** @throws DataError `EASEL_DATA_BAD_TEXT` beyond the limit */
  add(piece: Buffer, place: () => string): void {
    this.#held += piece.length;
    if (this.#held > this.#limitBytes) {
      throw new DataError(
        "EASEL_DATA_BAD_TEXT",
        `${place()} is longer than ${this.#limitBytes} bytes. Check that the file is what it is named for.`,
      );
    }
    if (piece.length > 0) this.#pieces.push(piece);
  }

  /** All bytes so far; the collector is empty then. */
  take(): Buffer {
    const [only] = this.#pieces;
    const whole = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#held = 0;
    return whole;
  }
}
