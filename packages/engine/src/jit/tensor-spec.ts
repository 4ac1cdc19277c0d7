// A stand-in for an argument that is not there yet: enough to trace with.
import type { tf } from "../tf.js";

export class TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;

  constructor(shape: readonly number[], dtype: tf.DataType) {
    this.shape = shape;
    this.dtype = dtype;
  }
}

/** The shape and dtype of an argument, for `trace` and `compile` of a jitted function. */
export function spec(shape: readonly number[], dtype: tf.DataType = "float32"): TensorSpec {
  return new TensorSpec(shape, dtype);
}

/** Arguments in which any tensor may be replaced by a {@link TensorSpec}. */
export type WithSpecs<T> = T extends tf.Tensor
  ? T | TensorSpec
  : T extends (...args: never[]) => unknown
    ? T
    : T extends object
      ? { [K in keyof T]: WithSpecs<T[K]> }
      : T;
