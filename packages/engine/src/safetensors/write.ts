// Writes safetensors files, atomically, or as bytes in memory. Layout: widest dtype first, then by name, so that every tensor is aligned.

import type { FileHandle } from "node:fs/promises";
import { EngineError } from "../errors.js";
import { writeFileAtomically } from "./atomic-file.js";
import { LENGTH_PREFIX_BYTES, MAX_HEADER_BYTES } from "./header.js";
import { elementCount, HOST_DTYPE_WIDTH_BYTES, type HostTensor } from "./host-tensor.js";

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

/** The bytes of the file that {@link writeSafetensors} would write, without the file. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = orderForFile(tensors);
  return Buffer.concat([encodeHeader(ordered, metadata), ...ordered.map(([, { bytes }]) => bytes)]);
}

function orderForFile(tensors: ReadonlyMap<string, HostTensor>): readonly (readonly [string, HostTensor])[] {
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  return [...tensors].sort(
    ([nameX, x], [nameY, y]) =>
      HOST_DTYPE_WIDTH_BYTES[y.dtype] - HOST_DTYPE_WIDTH_BYTES[x.dtype] || (nameX < nameY ? -1 : 1),
  );
}

function checkTensor(name: string, tensor: HostTensor): void {
  if (name === "__metadata__") {
    throw new EngineError(
      "EASEL_ENGINE_SAFETENSORS_NAME",
      "The tensor name __metadata__ is reserved by the safetensors format; rename the tensor.",
    );
  }
  const expectedBytes = elementCount(tensor.shape) * HOST_DTYPE_WIDTH_BYTES[tensor.dtype];
  const sizesAreValid = tensor.shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!sizesAreValid || tensor.bytes.length !== expectedBytes) {
    throw new EngineError(
      "EASEL_ENGINE_TENSOR_SIZE",
      `Tensor ${JSON.stringify(name)} (${tensor.dtype}, [${tensor.shape.join(", ")}]) needs ${expectedBytes} bytes but has ${tensor.bytes.length}; give it the shape its bytes have.`,
    );
  }
}

function encodeHeader(
  ordered: readonly (readonly [string, HostTensor])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts: string[] = [];
  if (Object.keys(metadata).length > 0) parts.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let position = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    const entry = { dtype, shape, data_offsets: [position, position + bytes.length] };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    position += bytes.length;
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
