// The tensors of a packed batch: an argument tree for jitted functions. Disposed by whoever made it.
import { tf } from "@easel/engine";
import type { PackedSequences } from "./pack-sequences.js";

/** A {@link PackedSequences} as tensors; int32 unless noted. */
export type PackedTensors = {
  /** `[rows, length]` */
  readonly textIds: tf.Tensor;
  /** `[rows, length]` */
  readonly unconditionalIds: tf.Tensor;
  /** `[rows, length]` */
  readonly imageIds: tf.Tensor;
  /** bool `[rows, length]` */
  readonly isImage: tf.Tensor;
  /** `[text]` */
  readonly textPositions: tf.Tensor;
  /** `[text]` */
  readonly textTargets: tf.Tensor;
  /** float32 `[text]` */
  readonly textMask: tf.Tensor;
  /** float32 `[text]` */
  readonly textIsBoi: tf.Tensor;
  /** `[rows, imageTokens]` */
  readonly imagePositions: tf.Tensor;
  /** `[rows, imageTokens]` */
  readonly imageTargets: tf.Tensor;
  /** float32 `[rows, imageTokens]` */
  readonly imageMask: tf.Tensor;
  /** `[rows * length]` */
  readonly textInverse: tf.Tensor;
  /** `[rows * length]` */
  readonly imageInverse: tf.Tensor;
};

/** Uploads a packed batch. */
export function packedTensors(packed: PackedSequences): PackedTensors {
  const grid: [number, number] = [packed.rows, packed.length];
  const images: [number, number] = [packed.rows, packed.imageTokens];
  return {
    textIds: tf.tensor2d(packed.textIds, grid, "int32"),
    unconditionalIds: tf.tensor2d(packed.unconditionalIds, grid, "int32"),
    imageIds: tf.tensor2d(packed.imageIds, grid, "int32"),
    isImage: tf.tensor2d(packed.isImage, grid, "bool"),
    textPositions: tf.tensor1d(packed.textPositions, "int32"),
    textTargets: tf.tensor1d(packed.textTargets, "int32"),
    textMask: tf.tensor1d(packed.textMask),
    textIsBoi: tf.tensor1d(Float32Array.from(packed.textIsBoi)),
    imagePositions: tf.tensor2d(packed.imagePositions, images, "int32"),
    imageTargets: tf.tensor2d(packed.imageTargets, images, "int32"),
    imageMask: tf.tensor2d(packed.imageMask, images),
    textInverse: tf.tensor1d(packed.textInverse, "int32"),
    imageInverse: tf.tensor1d(packed.imageInverse, "int32"),
  };
}
