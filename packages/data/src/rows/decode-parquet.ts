// Decodes a parquet file to plain rows, one row group after the other and only the columns asked for. The decoding itself is
// hyparquet's, which trusts the file: a broken one may keep it busy for ever, so this runs in a thread (read-parquet.ts).
import { type FileHandle, open } from "node:fs/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  type AsyncBuffer,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
  snappyUncompress,
} from "hyparquet";
import { DataError, reasonOf } from "../errors.js";
import { textValue } from "./field-value.js";
import { unreadable } from "./file-bytes.js";
import { parquetLayout } from "./parquet-layout.js";

/** Largest page after decompression, in bytes; writers aim at one MiB. */
const PAGE_LIMIT_BYTES = 256 * 1024 * 1024;
/** Snappy's densest element makes 64 bytes out of 3. */
const SNAPPY_RATIO = 22;

/** A row: the columns asked for, as far as the file has them, with values as JSON has them; bytes that are no text are `false`. */
export type ParquetRow = Readonly<Record<string, unknown>>;

/**
 * Decodes rows in the order of the file.
 *
 * @param columns names of top-level columns; those that the file lacks are absent from the rows
 * @throws DataError `EASEL_DATA_BAD_PARQUET` when it is no whole parquet file or has none of the columns, `EASEL_DATA_UNREADABLE`
 */
export async function* decodeParquet(path: string, columns: readonly string[]): AsyncGenerator<ParquetRow> {
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    const { size } = await handle.stat();
    const file = bufferOf(handle, size);
    const metadata = await tried(path, () => parquetMetadataAsync(file, { geoparquet: false }));
    const { columns: names, groups } = await tried(path, () => parquetLayout(metadata));
    const wanted = presentColumns(path, names, columns);
    let rowStart = 0;
    for (const rows of groups) {
      const rowEnd = rowStart + rows;
      const group = await tried(path, () =>
        parquetReadObjects({
          file,
          metadata,
          columns: [...wanted],
          rowStart,
          rowEnd,
          compressors,
          utf8: false,
          geoparquet: false,
        }),
      );
      if (group.length !== rows) throw broken(path, `a row group has ${group.length} of its ${rows} rows`);
      for (const row of group) yield plainValue(row) as ParquetRow;
      rowStart = rowEnd;
    }
  } finally {
    await handle.close();
  }
}

function bufferOf(handle: FileHandle, sizeBytes: number): AsyncBuffer {
  return {
    byteLength: sizeBytes,
    // Offsets come from the file, so none may ask for more than there is. Decoding fails on the empty answer; a failed read here
    // could be one of several that nobody waits for.
    slice: async (start, end = sizeBytes) => {
      if (!(start >= 0 && start <= end && end <= sizeBytes)) return new ArrayBuffer(0);
      const bytes = new ArrayBuffer(end - start);
      const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, end - start, start);
      return bytesRead === bytes.byteLength ? bytes : bytes.slice(0, bytesRead);
    },
  };
}

const compressors: Compressors = {
  SNAPPY: (input, size) => {
    const output = new Uint8Array(checkedSize(size, input.length * SNAPPY_RATIO));
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, size) => gunzipSync(input, { maxOutputLength: checkedSize(size) || 1 }),
  BROTLI: (input, size) => brotliDecompressSync(input, { maxOutputLength: checkedSize(size) || 1 }),
};

function checkedSize(sizeBytes: number, most = PAGE_LIMIT_BYTES): number {
  if (sizeBytes >= 0 && sizeBytes <= Math.min(most, PAGE_LIMIT_BYTES)) return sizeBytes;
  throw new RangeError(`a page of ${sizeBytes} bytes`);
}

function presentColumns(
  path: string,
  names: readonly string[],
  columns: readonly string[],
): readonly string[] {
  const present = [...new Set(columns)].filter((column) => names.includes(column));
  if (present.length > 0) return present;
  throw new DataError(
    "EASEL_DATA_BAD_PARQUET",
    `${path} has none of the columns ${columns.join(", ")}; it has ${names.join(", ")}. Say which column is which.`,
  );
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return textValue(value) ?? false;
  if (Array.isArray(value)) return value.map(plainValue);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]));
}

async function tried<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw broken(path, reasonOf(cause), cause);
  }
}

function broken(path: string, what: string, cause?: unknown): DataError {
  return new DataError(
    "EASEL_DATA_BAD_PARQUET",
    `${path} cannot be read as parquet: ${what}. Fetch the file again; where its compression is not snappy, gzip or brotli, write it anew with one of these.`,
    cause === undefined ? {} : { cause },
  );
}
