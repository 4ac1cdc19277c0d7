// Parses and builds the header of a safetensors file. Everything in a header is untrusted: each claim is checked
// against the file size before a byte of data is read or allocated.

import { EngineError } from "../errors.js";
import { findDuplicateKey } from "./duplicate-keys.js";
import { elementCount, HOST_DTYPE_WIDTH_BYTES, type HostDtype, isHostDtype } from "./host-tensor.js";

/** Largest header the format allows, in bytes. Bounds memory before anything is known about the file. */
export const MAX_HEADER_BYTES = 100_000_000;
/** The little-endian 64-bit header length at the start of a file. */
export const LENGTH_PREFIX_BYTES = 8;

/** Where one tensor lies: offsets in bytes from the start of the data section, `end` exclusive. */
export type SafetensorsEntry = {
  readonly name: string;
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

/** A checked header. `entries` are in file order; they cover the data section without gap or overlap. */
export type SafetensorsHeader = {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Offset of the data section from the start of the file. */
  readonly dataStartBytes: number;
};

/**
 * The header's length as its prefix states it.
 * @throws EngineError EASEL_ENGINE_SAFETENSORS_HEADER_LENGTH when it is out of bounds or longer than the file.
 */
export function headerLength(prefix: Uint8Array, fileSizeBytes: number, source: string): number {
  if (prefix.length < LENGTH_PREFIX_BYTES) {
    throw refuse("HEADER_LENGTH", source, `the file has ${fileSizeBytes} bytes, too few for a header length`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_PREFIX_BYTES);
  const stated = view.getBigUint64(0, true);
  if (stated < 2n || stated > BigInt(MAX_HEADER_BYTES)) {
    throw refuse("HEADER_LENGTH", source, `its header length is ${stated}, outside 2..${MAX_HEADER_BYTES}`);
  }
  const length = Number(stated);
  if (LENGTH_PREFIX_BYTES + length > fileSizeBytes) {
    throw refuse(
      "HEADER_LENGTH",
      source,
      `its header length is ${length} but the file has ${fileSizeBytes} bytes`,
    );
  }
  return length;
}

/**
 * Parses and checks a header.
 * @param header the JSON bytes, without the length prefix
 * @param fileSizeBytes size of the whole file, which the tensors must fill exactly
 * @param source file name for messages
 * @throws EngineError EASEL_ENGINE_SAFETENSORS_{HEADER,DUPLICATE,DTYPE,SHAPE,OFFSETS,TRUNCATED}
 */
export function parseHeader(header: Uint8Array, fileSizeBytes: number, source: string): SafetensorsHeader {
  const text = decodeText(header, source);
  const root = parseJsonObject(text, source);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw refuse("DUPLICATE", source, `the key ${JSON.stringify(duplicate)} occurs twice in its header`);
  }
  const dataStartBytes = LENGTH_PREFIX_BYTES + header.length;
  const entries: SafetensorsEntry[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(root)) {
    if (name === "__metadata__") metadata = parseMetadata(value, source);
    else entries.push(parseEntry(name, value, source));
  }
  entries.sort((x, y) => x.begin - y.begin || x.end - y.end);
  checkCoverage(entries, fileSizeBytes - dataStartBytes, source);
  return { entries, metadata, dataStartBytes };
}

/** An error about a safetensors file that must not be read. */
export function refuse(
  what: "HEADER" | "HEADER_LENGTH" | "DUPLICATE" | "DTYPE" | "SHAPE" | "OFFSETS" | "TRUNCATED",
  source: string,
  reason: string,
): EngineError {
  return new EngineError(
    `EASEL_ENGINE_SAFETENSORS_${what}`,
    `${source} is not a valid safetensors file: ${reason}. Download or write the file again.`,
  );
}

function decodeText(header: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new EngineError(
      "EASEL_ENGINE_SAFETENSORS_HEADER",
      `${source} is not a valid safetensors file: its header is not UTF-8. Download or write the file again.`,
      { cause },
    );
  }
}

function parseJsonObject(text: string, source: string): Readonly<Record<string, unknown>> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw new EngineError(
      "EASEL_ENGINE_SAFETENSORS_HEADER",
      `${source} is not a valid safetensors file: its header is not JSON. Download or write the file again.`,
      { cause },
    );
  }
  if (!text.startsWith("{") || !isRecord(root)) {
    throw refuse("HEADER", source, "its header is not a JSON object");
  }
  return root;
}

function parseMetadata(value: unknown, source: string): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw refuse("HEADER", source, "__metadata__ is not an object");
  const pairs: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw refuse("HEADER", source, `__metadata__ key ${JSON.stringify(key)} is not a string`);
    }
    pairs.push([key, text]);
  }
  return Object.fromEntries(pairs);
}

function parseEntry(name: string, value: unknown, source: string): SafetensorsEntry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (!isRecord(value)) throw refuse("HEADER", source, `${label} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !isHostDtype(dtype)) {
    throw refuse("DTYPE", source, `${label} has dtype ${JSON.stringify(dtype)}, which is not supported`);
  }
  if (!isSizeList(shape)) {
    throw refuse("SHAPE", source, `${label} has a shape that is not a list of whole numbers`);
  }
  if (!isSizeList(offsets) || offsets.length !== 2) {
    throw refuse("OFFSETS", source, `${label} has data_offsets that are not two whole numbers`);
  }
  const [begin = 0, end = 0] = offsets;
  const sizeBytes = elementCount(shape) * HOST_DTYPE_WIDTH_BYTES[dtype];
  if (!Number.isSafeInteger(sizeBytes)) throw refuse("SHAPE", source, `${label} has an impossible size`);
  if (end - begin !== sizeBytes) {
    throw refuse("OFFSETS", source, `${label} needs ${sizeBytes} bytes but its offsets span ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

// The format asks for a data section that is covered exactly once: overlap could smuggle data, gaps could hide it.
function checkCoverage(entries: readonly SafetensorsEntry[], dataBytes: number, source: string): void {
  let position = 0;
  for (const entry of entries) {
    if (entry.begin !== position) {
      const fault = entry.begin < position ? "overlaps the tensor before it" : "leaves a gap before it";
      throw refuse("OFFSETS", source, `tensor ${JSON.stringify(entry.name)} ${fault}`);
    }
    position = entry.end;
  }
  if (position > dataBytes) {
    throw refuse("TRUNCATED", source, `its tensors need ${position} bytes but ${dataBytes} are there`);
  }
  if (position < dataBytes) {
    throw refuse("OFFSETS", source, `${dataBytes - position} bytes at its end belong to no tensor`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizeList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
