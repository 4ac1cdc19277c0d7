// Writes safetensors files, atomically, or as bytes in memory. Layout: widest dtype first, then by name, so that every tensor is aligned.

import type { FileHandle } from "node:fs/promises";
import { EngineError } from "../errors.js";
import { writeFileAtomically } from "./atomic-file.js";
import { LENGTH_PREFIX_BYTES, MAX_HEADER_BYTES } from "./header.js";
import { elementCount, HOST_DTYPE_WIDTH_BYTES, type HostDtype, type HostTensor } from "./host-tensor.js";

const HEADER_ALIGNMENT_BYTES = 8;
const SPACE = 0x20;

/**
 * Writes tensors to `path`: temporary file, sync, rename, sync of the folder. Equal input gives equal bytes.
 * @param metadata free strings kept in the header
 * @throws EngineError EASEL_ENGINE_TENSOR_SIZE when a tensor's bytes do not fit its shape,
 * EASEL_ENGINE_SAFETENSORS_NAME for the one reserved name, EASEL_ENGINE_SAFETENSORS_HEADER_LENGTH
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = orderForFile(tensors);
  const header = encodeHeader(ordered, metadata);
  await writeFileAtomically(path, async (file) => {
    await writeAll(file, header);
    for (const [, tensor] of ordered) await writeAll(file, tensor.bytes);
  });
}

/** A tensor whose bytes are made or read while they are written. */
export type StreamedTensor = {
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  /** The bytes in order, little-endian, in pieces of any length. Called once. */
  chunks(): AsyncIterable<Uint8Array>;
};

/**
 * Writes the file that {@link writeSafetensors} would write, holding one piece of one tensor at a time.
 * @throws EngineError EASEL_ENGINE_TENSOR_SIZE when the pieces of a tensor do not add up to its shape; nothing is left
 * behind then. Else as {@link writeSafetensors}.
 */
export async function writeSafetensorsStream(
  path: string,
  tensors: ReadonlyMap<string, StreamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [name, { dtype, shape }] of tensors) checkTensor(name, dtype, shape);
  const ordered = inFileOrder(tensors);
  const header = encodeHeader(ordered, metadata);
  await writeFileAtomically(path, async (file) => {
    await writeAll(file, header);
    for (const [name, tensor] of ordered) {
      let written = 0;
      for await (const piece of tensor.chunks()) {
        await writeAll(file, piece);
        written += piece.length;
      }
      checkTensor(name, tensor.dtype, tensor.shape, written);
    }
  });
}

/** The bytes of the file that {@link writeSafetensors} would write, without the file. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = orderForFile(tensors);
  return Buffer.concat([encodeHeader(ordered, metadata), ...ordered.map(([, { bytes }]) => bytes)]);
}

type Described = { readonly dtype: HostDtype; readonly shape: readonly number[] };

function sizeBytesOf({ dtype, shape }: Described): number {
  return elementCount(shape) * HOST_DTYPE_WIDTH_BYTES[dtype];
}

function orderForFile(tensors: ReadonlyMap<string, HostTensor>): readonly (readonly [string, HostTensor])[] {
  for (const [name, { dtype, shape, bytes }] of tensors) checkTensor(name, dtype, shape, bytes.length);
  return inFileOrder(tensors);
}

function inFileOrder<T extends Described>(
  tensors: ReadonlyMap<string, T>,
): readonly (readonly [string, T])[] {
  return [...tensors].sort(
    ([nameX, x], [nameY, y]) =>
      HOST_DTYPE_WIDTH_BYTES[y.dtype] - HOST_DTYPE_WIDTH_BYTES[x.dtype] || (nameX < nameY ? -1 : 1),
  );
}

function checkTensor(name: string, dtype: HostDtype, shape: readonly number[], foundBytes?: number): void {
  if (name === "__metadata__") {
    throw new EngineError(
      "EASEL_ENGINE_SAFETENSORS_NAME",
      "The tensor name __metadata__ is reserved by the safetensors format; rename the tensor.",
    );
  }
  const expectedBytes = sizeBytesOf({ dtype, shape });
  const sizesAreValid = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!sizesAreValid || (foundBytes ?? expectedBytes) !== expectedBytes) {
    throw new EngineError(
      "EASEL_ENGINE_TENSOR_SIZE",
      `Tensor ${JSON.stringify(name)} (${dtype}, [${shape.join(", ")}]) needs ${expectedBytes} bytes but has ${foundBytes}; give it the shape its bytes have.`,
    );
  }
}

function encodeHeader(
  ordered: readonly (readonly [string, Described])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts: string[] = [];
  if (Object.keys(metadata).length > 0) parts.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let position = 0;
  for (const [name, tensor] of ordered) {
    const end = position + sizeBytesOf(tensor);
    const entry = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [position, end] };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    position = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(",")}}`);
  const length = Math.ceil(json.length / HEADER_ALIGNMENT_BYTES) * HEADER_ALIGNMENT_BYTES;
  if (length > MAX_HEADER_BYTES) {
    throw new EngineError(
      "EASEL_ENGINE_SAFETENSORS_HEADER_LENGTH",
      `The header would take ${length} bytes, above ${MAX_HEADER_BYTES}; split the tensors over several files.`,
    );
  }
  const header = new Uint8Array(LENGTH_PREFIX_BYTES + length).fill(SPACE);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_PREFIX_BYTES);
  return header;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const count = Math.min(2 ** 30, bytes.length - written);
    written += (await file.write(bytes, written, count)).bytesWritten;
  }
}
