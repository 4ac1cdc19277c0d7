// A tensor in host memory as a safetensors file stores it: dtype, shape, little-endian row-major bytes.
// Not a TensorFlow.js tensor: see tensor-conversion.ts.

/** Bytes per element of every safetensors dtype the engine reads and writes. */
export const HOST_DTYPE_WIDTH_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

/** A safetensors dtype. The 8-bit and smaller floats of newer files are refused by name. */
export type HostDtype = keyof typeof HOST_DTYPE_WIDTH_BYTES;

/** A tensor as stored in a file. `bytes` holds exactly the product of `shape` elements, little-endian. */
export type HostTensor = {
  readonly dtype: HostDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
};

/** True for a dtype name of the table above. */
export function isHostDtype(name: string): name is HostDtype {
  return Object.hasOwn(HOST_DTYPE_WIDTH_BYTES, name);
}

/** Number of elements of a shape; 1 for a scalar, 0 when any dimension is 0. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
