// What the weights of a checkpoint look like to a reader, whatever the files' format. No reading here.
import type { HostDtype, HostTensor } from "@easel/engine";

/** One weight on disk. Reading it is the only thing that takes memory. */
export type StoredWeight = {
  /** As stored, in the checkpoint's own layout. */
  readonly name: string;
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  /** File name inside the checkpoint's folder. */
  readonly file: string;
  readonly sizeBytes: number;
  /**
   * Bytes `begin` to `end` (exclusive), row-major, little-endian.
   * @param into where they may be put, if there is room: the result is then a view of it
   */
  readPart(begin: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
};

/** The open weight files of a checkpoint. Close them when done. */
export type WeightSource = {
  readonly weights: ReadonlyMap<string, StoredWeight>;
  close(): Promise<void>;
};

/** Reads a weight whole. With `into` its bytes are there, and hold until the next weight is read. */
export async function readWeight(weight: StoredWeight, into?: Uint8Array): Promise<HostTensor> {
  const { dtype, shape, sizeBytes } = weight;
  return { dtype, shape, bytes: await weight.readPart(0, sizeBytes, into) };
}
