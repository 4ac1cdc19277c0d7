// Finds the records of a ZIP archive as torch.save writes it: stored, not compressed, with 64-bit sizes where needed.
// Everything in the archive is untrusted: each record is checked to lie within the file.
import type { FileHandle } from "node:fs/promises";
import { ByteReader } from "./byte-reader.js";
import { damaged } from "./faults.js";

/** Where a record's bytes lie in the file. */
export type ZipRecord = { readonly begin: number; readonly sizeBytes: number };

const endMark = 0x06054b50;
const endMark64 = 0x06064b50;
const locatorMark = 0x07064b50;
const entryMark = 0x02014b50;
const localMark = 0x04034b50;
const endBytes = 22;
const locatorBytes = 20;
/** The comment behind the end record is at most this long. */
const commentBytes = 65_535;
const maxDirectoryBytes = 64 * 2 ** 20;
/** In place of a 32-bit value: look for it in the 64-bit field. */
const elsewhere = 0xffffffff;

/** Reads up to `length` bytes at a position, into `into` if there is room; less only at the end of the file. */
export async function readAt(
  file: FileHandle,
  at: number,
  length: number,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const bytes =
    into !== undefined && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, Math.min(2 ** 30, length - filled), at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

function readerOf(bytes: Uint8Array, source: string): ByteReader {
  return new ByteReader(bytes, () => damaged(source, "its list of records ends in the middle"));
}

type Directory = { readonly begin: number; readonly sizeBytes: number; readonly count: number };

async function directory64(file: FileHandle, locator: Uint8Array, source: string): Promise<Directory> {
  const reader = readerOf(locator, source);
  if (reader.u32() !== locatorMark) throw damaged(source, "its 64-bit end record is missing");
  reader.u32();
  const end = readerOf(await readAt(file, reader.u64(), 56), source);
  if (end.u32() !== endMark64) throw damaged(source, "its 64-bit end record is not where it should be");
  end.bytes(20 + 8);
  return { count: end.u64(), sizeBytes: end.u64(), begin: end.u64() };
}

async function findDirectory(file: FileHandle, fileBytes: number, source: string): Promise<Directory> {
  const tailBytes = Math.min(fileBytes, endBytes + commentBytes + locatorBytes);
  const tail = await readAt(file, fileBytes - tailBytes, tailBytes);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - endBytes; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== endMark) continue;
    const reader = readerOf(tail.subarray(at + 4), source);
    reader.bytes(6);
    const [count, sizeBytes, begin] = [reader.u16(), reader.u32(), reader.u32()];
    const is64 = count === 0xffff || sizeBytes === elsewhere || begin === elsewhere;
    if (!is64) return { count, sizeBytes, begin };
    return directory64(file, tail.subarray(Math.max(0, at - locatorBytes), at), source);
  }
  throw damaged(source, "it is no ZIP archive (files from before PyTorch 1.6 must be saved again)");
}

type Entry = { readonly name: string; readonly sizeBytes: number; readonly localAt: number };

/** The sizes that did not fit 32 bits, from the extra field with the number 1. */
function wide(extra: ByteReader, extraBytes: number, values: readonly number[]): readonly number[] {
  const end = extra.position + extraBytes;
  while (extra.position + 4 <= end) {
    const [id, length] = [extra.u16(), extra.u16()];
    const field = extra.bytes(length);
    if (id !== 1) continue;
    const reader = new ByteReader(field, () => new RangeError("short"));
    return values.map((value) => (value === elsewhere ? reader.u64() : value));
  }
  return values;
}

function readEntry(reader: ByteReader, source: string): Entry {
  if (reader.u32() !== entryMark) throw damaged(source, "its list of records is broken");
  reader.bytes(4);
  const [flags, method] = [reader.u16(), reader.u16()];
  reader.bytes(8);
  const sizes = [reader.u32(), reader.u32()];
  const [nameBytes, extraBytes, noteBytes] = [reader.u16(), reader.u16(), reader.u16()];
  reader.bytes(8);
  const localAt = reader.u32();
  const name = reader.utf8(nameBytes);
  const extra = readerOf(reader.bytes(extraBytes), source);
  reader.bytes(noteBytes);
  let found: readonly number[];
  try {
    // Stored in the order: size, stored size, position.
    found = wide(extra, extraBytes, [sizes[1] ?? 0, sizes[0] ?? 0, localAt]);
  } catch {
    throw damaged(source, `the sizes of ${JSON.stringify(name)} are cut off`);
  }
  const [sizeBytes = 0, storedBytes = 0, position = 0] = found;
  if (method !== 0 || sizeBytes !== storedBytes || (flags & 1) !== 0) {
    throw damaged(source, `${JSON.stringify(name)} is compressed or encrypted, which torch.save never does`);
  }
  return { name, sizeBytes, localAt: position };
}

async function locate(file: FileHandle, entry: Entry, fileBytes: number, source: string): Promise<ZipRecord> {
  const local = readerOf(await readAt(file, entry.localAt, 30), source);
  if (local.u32() !== localMark)
    throw damaged(source, `${JSON.stringify(entry.name)} is not where its list says`);
  local.bytes(22);
  const begin = entry.localAt + 30 + local.u16() + local.u16();
  if (!(begin + entry.sizeBytes <= fileBytes)) {
    throw damaged(source, `${JSON.stringify(entry.name)} reaches beyond the end of the file`);
  }
  return { begin, sizeBytes: entry.sizeBytes };
}

/**
 * Lists the records of an archive by name.
 *
 * @throws JanusError `EASEL_JANUS_TORCH_FILE`
 */
export async function readZipIndex(
  file: FileHandle,
  fileBytes: number,
  source: string,
): Promise<ReadonlyMap<string, ZipRecord>> {
  const { begin, sizeBytes, count } = await findDirectory(file, fileBytes, source);
  if (!(sizeBytes <= maxDirectoryBytes) || !(begin + sizeBytes <= fileBytes)) {
    throw damaged(source, "its list of records has an impossible size");
  }
  const reader = readerOf(await readAt(file, begin, sizeBytes), source);
  const records = new Map<string, ZipRecord>();
  for (let i = 0; i < count; i += 1) {
    const entry = readEntry(reader, source);
    if (records.has(entry.name)) throw damaged(source, `${JSON.stringify(entry.name)} is in it twice`);
    records.set(entry.name, await locate(file, entry, fileBytes, source));
  }
  return records;
}
