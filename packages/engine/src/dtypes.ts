// TensorFlow's dtype numbers (tensorflow/c/tf_datatype.h) and the TensorFlow.js names for them.
import { EngineError } from "./errors.js";
import type { tf } from "./tf.js";

export const TF = {
  FLOAT: 1,
  INT32: 3,
  UINT8: 4,
  STRING: 7,
  COMPLEX64: 8,
  INT64: 9,
  BOOL: 10,
  BFLOAT16: 14,
  UINT16: 17, // the bits of a bfloat16 inside a graph, never read
  HALF: 19,
  RESOURCE: 20,
  UINT64: 23,
} as const;

const NAMES: Readonly<Record<number, tf.DataType>> = {
  [TF.FLOAT]: "float32",
  [TF.BFLOAT16]: "float32", // stored in half the bytes; every op that computes sees float32
  [TF.INT32]: "int32",
  [TF.INT64]: "int32", // TensorFlow.js has no int64
  [TF.UINT64]: "int32", // the keys of random numbers, never read
  [TF.UINT8]: "int32",
  [TF.BOOL]: "bool",
  [TF.COMPLEX64]: "complex64",
  [TF.STRING]: "string",
  [TF.RESOURCE]: "string",
};

/** @throws EngineError EASEL_ENGINE_DTYPE for a dtype that TensorFlow.js cannot hold */
export function dtypeName(dtype: number): tf.DataType {
  const name = NAMES[dtype];
  if (name === undefined) {
    throw new EngineError(
      "EASEL_ENGINE_DTYPE",
      `TensorFlow dtype ${dtype} has no TensorFlow.js counterpart: cast the value inside the function first.`,
    );
  }
  return name;
}

export function dtypeNumber(name: tf.DataType): number {
  switch (name) {
    case "float32":
      return TF.FLOAT;
    case "int32":
      return TF.INT32;
    case "bool":
      return TF.BOOL;
    case "complex64":
      return TF.COMPLEX64;
    case "string":
      return TF.STRING;
  }
}
