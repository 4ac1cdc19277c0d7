// The few bytes of a tensorflow.ConfigProto that the engine sets, written by hand: no protobuf library needed.

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

const key = (field: number, wireType: number): number[] => varint((field << 3) | wireType);
const intField = (field: number, value: number): number[] => [...key(field, 0), ...varint(value)];
const messageField = (field: number, bytes: readonly number[]): number[] => [
  ...key(field, 2),
  ...varint(bytes.length),
  ...bytes,
];

/**
 * A context's configuration: how many threads one op may use, how many ops run side by side, and GPU memory
 * taken as it is needed (otherwise the first process takes the whole card). With device `cpu` no GPU is used.
 */
export function contextConfig(threads: number, device?: "cpu" | "gpu"): Uint8Array {
  const DEVICE_COUNT = 1;
  const INTRA_OP_THREADS = 2;
  const INTER_OP_THREADS = 5;
  const GPU_OPTIONS = 6;
  const ALLOW_GROWTH = 4;
  // One entry of the map from device types to how many of them may be used.
  const noGpus = [...messageField(1, [...Buffer.from("GPU")]), ...intField(2, 0)];
  return Uint8Array.from([
    ...(device === "cpu" ? messageField(DEVICE_COUNT, noGpus) : []),
    ...intField(INTRA_OP_THREADS, threads),
    ...intField(INTER_OP_THREADS, threads),
    ...messageField(GPU_OPTIONS, intField(ALLOW_GROWTH, 1)),
  ]);
}
