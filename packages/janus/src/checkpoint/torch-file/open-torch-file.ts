// Opens a file that torch.save wrote and lists its tensors, without running anything in it. Tensors are read when asked
// for, piece by piece.
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { HOST_DTYPE_WIDTH_BYTES } from "@easel/engine";
import type { StoredWeight } from "../source/stored-weight.js";
import { damaged } from "./faults.js";
import { gather, isContiguous, spanOf } from "./gather.js";
import type { PickledTensor } from "./pickle-value.js";
import { readPickle } from "./read-pickle.js";
import { stateDict } from "./state-dict.js";
import { readAt, readZipIndex, type ZipRecord } from "./zip-index.js";

/** Far above the pickle of any model's weights, whose numbers lie outside it. */
const maxPickleBytes = 16 * 2 ** 20;

type Records = ReadonlyMap<string, ZipRecord>;

function recordAt(records: Records, name: string, source: string): ZipRecord {
  const record = records.get(name);
  if (record === undefined) throw damaged(source, `it lacks ${JSON.stringify(name)}`);
  return record;
}

async function checkByteOrder(
  file: FileHandle,
  record: ZipRecord | undefined,
  source: string,
): Promise<void> {
  if (record === undefined) return;
  const order = new TextDecoder().decode(await readAt(file, record.begin, Math.min(16, record.sizeBytes)));
  if (order !== "little") throw damaged(source, `its numbers are stored ${JSON.stringify(order)}-endian`);
}

/** Everything a tensor claims about its storage is checked here, before a byte of it is read. */
function weightOf(
  path: string,
  file: FileHandle,
  records: Records,
  root: string,
  name: string,
  tensor: PickledTensor,
): StoredWeight {
  const { storage, offset, shape, strides } = tensor;
  const { dtype, key, count } = storage;
  const record = recordAt(records, `${root}/data/${key}`, path);
  const width = HOST_DTYPE_WIDTH_BYTES[dtype];
  const elements = shape.reduce((product, side) => product * side, 1);
  const span = spanOf(shape, strides);
  const fits =
    count * width <= record.sizeBytes && elements <= count && offset + span <= count && shape.length <= 16;
  if (!fits) {
    throw damaged(
      path,
      `${JSON.stringify(name)} [${shape.slice(0, 16)}] does not fit its storage of ${count} elements`,
    );
  }
  const begin = record.begin + offset * width;
  const sizeBytes = elements * width;
  let gathered: Uint8Array | null = null;
  const readPart: StoredWeight["readPart"] = async (from, to, into) => {
    const end = Math.min(to, sizeBytes);
    if (isContiguous(shape, strides)) return readAt(file, begin + from, Math.max(0, end - from), into);
    gathered ??= gather(await readAt(file, begin, span * width), shape, strides, width);
    // A copy, but for the whole: what a caller holds must not keep more alive than it is.
    const part = from === 0 && end === sizeBytes ? gathered : gathered.slice(from, end);
    // Pieces are asked for in order: after the last one the copy has served.
    if (end === sizeBytes) gathered = null;
    return part;
  };
  return { name, dtype, shape, file: basename(path), sizeBytes, readPart };
}

/**
 * Opens a `.bin` or `.pt` file of PyTorch 1.6 or newer that holds tensors by name.
 *
 * @throws JanusError `EASEL_JANUS_TORCH_FILE` for a damaged file, `EASEL_JANUS_PICKLE_REFUSED` for one with anything but
 *   tensors and plain containers in it
 */
export async function openTorchFile(
  path: string,
): Promise<{ readonly weights: readonly StoredWeight[]; close(): Promise<void> }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const records = await readZipIndex(file, size, path);
    const pickles = [...records.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
    const [pickle] = pickles;
    if (pickle === undefined || pickles.length > 1) {
      throw damaged(path, `it has ${pickles.length} records named data.pkl instead of one`);
    }
    const root = pickle.slice(0, -"/data.pkl".length);
    await checkByteOrder(file, records.get(`${root}/byteorder`), path);
    const record = recordAt(records, pickle, path);
    if (record.sizeBytes > maxPickleBytes) throw damaged(path, `its pickle has ${record.sizeBytes} bytes`);
    const value = readPickle(await readAt(file, record.begin, record.sizeBytes), path);
    const weights = [...stateDict(value, path)].map(([name, tensor]) =>
      weightOf(path, file, records, root, name, tensor),
    );
    return { weights, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
