// Reads safetensors files, whole or one tensor at a time, from disk or from memory. The header's checks are in header.ts.

import { type FileHandle, open } from "node:fs/promises";
import {
  headerLength,
  LENGTH_PREFIX_BYTES,
  parseHeader,
  refuse,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from "./header.js";
import type { HostTensor } from "./host-tensor.js";

// One read call of the operating system moves at most 2 GiB.
const MAX_READ_BYTES = 2 ** 30;

/** An open file: its checked header and access to single tensors. Close it when done. */
export type SafetensorsFile = {
  readonly header: SafetensorsHeader;
  /** Reads one tensor's bytes. */
  read(entry: SafetensorsEntry): Promise<HostTensor>;
  /**
   * Reads bytes `begin` to `end` (exclusive) of one tensor: a piece of what is too large to hold.
   * @param into where to put them, if there is room; the result is then a view of it
   */
  readPart(entry: SafetensorsEntry, begin: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
};

/** Opens a file and checks its header, without reading tensor data. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const prefix = await readBytes(handle, 0, Math.min(size, LENGTH_PREFIX_BYTES), path);
    const length = headerLength(prefix, size, path);
    const header = parseHeader(await readBytes(handle, LENGTH_PREFIX_BYTES, length, path), size, path);
    return {
      header,
      read: async (entry) => ({
        dtype: entry.dtype,
        shape: entry.shape,
        bytes: await readBytes(handle, header.dataStartBytes + entry.begin, entry.end - entry.begin, path),
      }),
      readPart: (entry, begin, end, into) => {
        const limit = Math.min(end, entry.end - entry.begin);
        const position = header.dataStartBytes + entry.begin + begin;
        return readBytes(handle, position, Math.max(0, limit - begin), path, into);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads a whole file. Tensors come in file order. For large files use {@link streamSafetensors}. */
export async function readSafetensors(
  path: string,
): Promise<{ tensors: Map<string, HostTensor>; metadata: Record<string, string> }> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, HostTensor>();
    for (const entry of file.header.entries) tensors.set(entry.name, await file.read(entry));
    return { tensors, metadata: { ...file.header.metadata } };
  } finally {
    await file.close();
  }
}

/**
 * Reads a whole file that is in memory already. The tensors are copies, so that they are aligned and outlive `bytes`.
 * @param source what the bytes are, for error messages
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  source: string,
): { tensors: Map<string, HostTensor>; metadata: Record<string, string> } {
  const length = headerLength(bytes.subarray(0, LENGTH_PREFIX_BYTES), bytes.length, source);
  const header = parseHeader(
    bytes.subarray(LENGTH_PREFIX_BYTES, LENGTH_PREFIX_BYTES + length),
    bytes.length,
    source,
  );
  const tensors = new Map<string, HostTensor>();
  for (const { name, dtype, shape, begin, end } of header.entries) {
    const start = header.dataStartBytes;
    tensors.set(name, { dtype, shape, bytes: bytes.slice(start + begin, start + end) });
  }
  return { tensors, metadata: { ...header.metadata } };
}

/**
 * Yields the tensors of a file one by one in file order, so that peak memory is one tensor.
 * @param wanted names to read; the others are skipped without touching their bytes
 */
export async function* streamSafetensors(
  path: string,
  wanted: (name: string) => boolean = () => true,
): AsyncGenerator<{ readonly name: string; readonly tensor: HostTensor }, void> {
  const file = await openSafetensors(path);
  try {
    for (const entry of file.header.entries) {
      if (wanted(entry.name)) yield { name: entry.name, tensor: await file.read(entry) };
    }
  } finally {
    await file.close();
  }
}

async function readBytes(
  handle: FileHandle,
  position: number,
  length: number,
  source: string,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const bytes =
    into !== undefined && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = Math.min(MAX_READ_BYTES, length - filled);
    const { bytesRead } = await handle.read(bytes, filled, count, position + filled);
    if (bytesRead === 0) {
      throw refuse("TRUNCATED", source, `it ended after ${position + filled} bytes while it was read`);
    }
    filled += bytesRead;
  }
  return bytes;
}
