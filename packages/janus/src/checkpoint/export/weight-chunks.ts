// The bytes of an exported weight, piece by piece: copied, replaced, or with an adapter merged in. Never a whole large
// weight at a time.
import {
  type Adapter,
  fromFloat32,
  fromTensor,
  HOST_DTYPE_WIDTH_BYTES,
  type HostDtype,
  type HostTensor,
  mergeAdapter,
  type TokenRows,
  tf,
  toFloat32,
  toTensor,
} from "@easel/engine";
import type { PlannedWeight } from "./plan-weights.js";
import type { PolicyChanges } from "./policy-changes.js";

/** Bytes moved at once; small beside any memory, large beside any system call. */
const pieceBytes = 16 * 2 ** 20;

async function* copied({ segments }: PlannedWeight): AsyncGenerator<Uint8Array> {
  for (const { weight, begin, end } of segments) {
    for (let at = begin; at < end; at += pieceBytes) {
      yield await weight.readPart(at, Math.min(end, at + pieceBytes));
    }
  }
}

/** Float32 values in the type a weight is stored in; a wider or whole-number type keeps float32's values. */
function narrowed(values: HostTensor, dtype: HostDtype): Uint8Array {
  if (dtype === "BF16" || dtype === "F16") return fromFloat32(toFloat32(values), values.shape, dtype).bytes;
  if (dtype === "F64") return new Uint8Array(Float64Array.from(toFloat32(values)).buffer);
  return values.bytes;
}

async function* replaced(planned: PlannedWeight, change: HostTensor | tf.Tensor): AsyncGenerator<Uint8Array> {
  const by = change instanceof tf.Tensor ? await fromTensor(change) : change;
  if (by.dtype === planned.dtype) yield by.bytes;
  else yield narrowed({ ...by, dtype: "F32", bytes: new Uint8Array(toFloat32(by).buffer) }, planned.dtype);
}

/** W + (alpha / rank) B A in float32, rows by rows, rounded once to the stored type. */
async function* merged(planned: PlannedWeight, layer: string, adapter: Adapter): AsyncGenerator<Uint8Array> {
  const pair = adapter.pairs[layer];
  const [segment] = planned.segments;
  const [rows = 0, columns = 0] = planned.shape;
  if (pair === undefined || segment === undefined) return;
  const rowBytes = columns * HOST_DTYPE_WIDTH_BYTES[planned.dtype];
  const block = Math.max(1, Math.floor(pieceBytes / 2 / rowBytes));
  for (let row = 0; row < rows; row += block) {
    const count = Math.min(block, rows - row);
    const bytes = await segment.weight.readPart(row * rowBytes, (row + count) * rowBytes);
    const result = tf.tidy(() => {
      const base = toTensor({ dtype: planned.dtype, shape: [count, columns], bytes });
      const part: Adapter = {
        rank: adapter.rank,
        alpha: adapter.alpha,
        pairs: { layer: { a: pair.a, b: tf.slice(pair.b, [row, 0], [count, adapter.rank]) } },
      };
      return mergeAdapter({ weights: { "layer.weight": base } }, part).weights["layer.weight"] ?? base;
    });
    try {
      yield narrowed(await fromTensor(result), planned.dtype);
    } finally {
      result.dispose();
    }
  }
}

/** Stored bytes with the adapter's rows in the place of some, rows by rows. */
async function* withTokenRows(planned: PlannedWeight, own: TokenRows): AsyncGenerator<Uint8Array> {
  const [segment] = planned.segments;
  const [rows = 0, columns = 0] = planned.shape;
  if (segment === undefined) return;
  const values = narrowed(await fromTensor(own.values), planned.dtype);
  const rowBytes = columns * HOST_DTYPE_WIDTH_BYTES[planned.dtype];
  const block = Math.max(1, Math.floor(pieceBytes / rowBytes));
  for (let row = 0; row < rows; row += block) {
    const count = Math.min(block, rows - row);
    const bytes = await segment.weight.readPart(row * rowBytes, (row + count) * rowBytes);
    for (const [place, id] of own.ids.entries()) {
      if (id < row || id >= row + count) continue;
      bytes.set(values.subarray(place * rowBytes, (place + 1) * rowBytes), (id - row) * rowBytes);
    }
    yield bytes;
  }
}

/** The pieces of one weight of the export. */
export function weightChunks(
  planned: PlannedWeight,
  changes: PolicyChanges | null,
): AsyncGenerator<Uint8Array> {
  const by = changes?.weights.get(planned.original);
  if (by !== undefined) return replaced(planned, by);
  const layer = planned.original.replace(/\.weight$/, "");
  const adapter = changes?.adapter;
  if (adapter?.pairs[layer] !== undefined && planned.original.endsWith(".weight")) {
    return merged(planned, layer, adapter);
  }
  const own = planned.original.endsWith(".weight") ? adapter?.tokenRows?.[layer] : undefined;
  if (own !== undefined) return withTokenRows(planned, own);
  return copied(planned);
}
