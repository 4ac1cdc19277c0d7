// Rows of a parquet file as plain objects, one row group after the other and only the columns asked for. The reading itself is
// hyparquet's; here are the limits that keep a broken file from taking memory, and errors that name the file.
import { type FileHandle, open } from "node:fs/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  snappyUncompress,
} from "hyparquet";
import { DataError, reasonOf } from "../errors.js";
import { unreadable } from "./file-bytes.js";

/** Largest page after decompression, in bytes; writers aim at one MiB. */
const PAGE_LIMIT_BYTES = 256 * 1024 * 1024;
/** Most rows of a row group; writers stay near one million. */
const GROUP_ROWS_LIMIT = 16 * 1024 * 1024;
/** Snappy's densest element makes 64 bytes out of 3. */
const SNAPPY_RATIO = 22;

/** A row: the columns asked for, as far as the file has them. Whole numbers may be `bigint`, text may be bytes. */
export type ParquetRow = Readonly<Record<string, unknown>>;

/**
 * Reads rows in the order of the file.
 *
 * @param columns names of top-level columns; those that the file lacks are absent from the rows
 * @throws DataError `EASEL_DATA_BAD_PARQUET` when it is no whole parquet file or has none of the columns, `EASEL_DATA_UNREADABLE`
 */
export async function* readParquet(path: string, columns: readonly string[]): AsyncGenerator<ParquetRow> {
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    const { size } = await handle.stat();
    const file = bufferOf(handle, size);
    const metadata = await tried(path, () => parquetMetadataAsync(file, { geoparquet: false }));
    const wanted = presentColumns(path, metadata, columns);
    let rowStart = 0;
    for (const rows of groupSizes(path, metadata)) {
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
      yield* group;
      rowStart = rowEnd;
    }
  } finally {
    await handle.close();
  }
}

function bufferOf(handle: FileHandle, sizeBytes: number): AsyncBuffer {
  return {
    byteLength: sizeBytes,
    slice: async (start, end = sizeBytes) => {
      // Offsets come from the file: none may ask for more than there is.
      if (!(start >= 0 && start <= end && end <= sizeBytes)) {
        throw new RangeError(`bytes ${start} to ${end} of a file of ${sizeBytes}`);
      }
      const bytes = new ArrayBuffer(end - start);
      const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, end - start, start);
      if (bytesRead !== end - start) throw new RangeError("the file became shorter");
      return bytes;
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

function presentColumns(path: string, metadata: FileMetaData, columns: readonly string[]): readonly string[] {
  const [root, ...rest] = metadata.schema;
  // Top-level columns: each takes as many schema elements as its subtree has.
  const names: string[] = [];
  let at = 0;
  const skip = (): void => {
    const element = rest[at];
    at += 1;
    for (let child = 0; child < (element?.num_children ?? 0) && at < rest.length; child += 1) skip();
  };
  for (let child = 0; child < (root?.num_children ?? 0) && at < rest.length; child += 1) {
    names.push(rest[at]?.name ?? "");
    skip();
  }
  const present = [...new Set(columns)].filter((column) => names.includes(column));
  if (present.length > 0) return present;
  throw new DataError(
    "EASEL_DATA_BAD_PARQUET",
    `${path} has none of the columns ${columns.join(", ")}; it has ${names.join(", ")}. Say which column is which.`,
  );
}

function groupSizes(path: string, metadata: FileMetaData): readonly number[] {
  return metadata.row_groups.map((group) => {
    const rows = Number(group.num_rows);
    if (Number.isSafeInteger(rows) && rows >= 0 && rows <= GROUP_ROWS_LIMIT) return rows;
    throw broken(path, `a row group says that it has ${group.num_rows} rows`);
  });
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
