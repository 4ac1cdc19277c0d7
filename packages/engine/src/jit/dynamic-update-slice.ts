// Writing a block into a tensor at a position that is itself a tensor: how a cache takes its next row.
import type { OpAttribute } from "../addon.js";
import { EngineError } from "../errors.js";
import { onTensorflow, tensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { refuseGradient } from "./gradient-tape.js";
import { currentTrace } from "./trace-state.js";

/**
 * `x` with `update` written at `starts`. Not differentiable.
 * @param x any shape
 * @param update same dtype and rank as `x`, no dimension larger
 * @param starts int32 [rank]; clamped so that the update stays inside `x`
 * @throws EngineError EASEL_ENGINE_UPDATE_SHAPE, EASEL_ENGINE_NO_GRADIENT
 */
export function dynamicUpdateSlice(x: tf.Tensor, update: tf.Tensor, starts: tf.Tensor): tf.Tensor {
  refuseGradient("dynamicUpdateSlice", "Compute what it writes to outside of the gradient.");
  checkShapes(x, update, starts);
  if (!onTensorflow()) return updateInJs(x, update, starts);
  const backend = tensorflowBackend();
  if (currentTrace()?.compile === "xla") {
    return backend.executeSingleOutput("XlaDynamicUpdateSlice", [], [x, update, starts]);
  }
  // XLA's op has no kernel of its own; the strided update would recompile for every position under XLA.
  return tf.tidy(() => {
    const room = tf.tensor1d(room1d(x, update), "int32");
    const begin = tf.minimum(tf.maximum(starts, tf.scalar(0, "int32")), room);
    const end = tf.add(begin, tf.tensor1d(update.shape, "int32"));
    const strides = tf.onesLike(starts);
    const attributes: OpAttribute[] = [
      "begin_mask",
      "end_mask",
      "ellipsis_mask",
      "new_axis_mask",
      "shrink_axis_mask",
    ].map((name) => ({ name, type: backend.addon.TF_ATTR_INT, value: 0 }));
    return backend.executeSingleOutput("TensorStridedSliceUpdate", attributes, [
      x,
      begin,
      end,
      strides,
      update,
    ]);
  });
}

function room1d(x: tf.Tensor, update: tf.Tensor): number[] {
  return x.shape.map((size, axis) => size - (update.shape[axis] as number));
}

function checkShapes(x: tf.Tensor, update: tf.Tensor, starts: tf.Tensor): void {
  const fits = update.rank === x.rank && room1d(x, update).every((room) => room >= 0);
  const startsFit = starts.dtype === "int32" && starts.rank === 1 && starts.shape[0] === x.rank;
  if (fits && startsFit && x.dtype === update.dtype) return;
  throw new EngineError(
    "EASEL_ENGINE_UPDATE_SHAPE",
    `dynamicUpdateSlice: an update ${update.dtype}[${update.shape}] at ${starts.dtype}[${starts.shape}] does not fit ` +
      `${x.dtype}[${x.shape}]: same dtype and rank, no dimension larger, starts int32 [${x.rank}].`,
  );
}

function updateInJs(x: tf.Tensor, update: tf.Tensor, starts: tf.Tensor): tf.Tensor {
  const values = x.dataSync().slice();
  const block = update.dataSync();
  const room = room1d(x, update);
  const origin = Array.from(starts.dataSync(), (start, axis) =>
    Math.max(0, Math.min(start, room[axis] as number)),
  );
  for (let i = 0; i < block.length; i++) {
    let rest = i;
    let target = 0;
    let stride = 1;
    for (let axis = x.rank - 1; axis >= 0; axis--) {
      const size = update.shape[axis] as number;
      target += ((rest % size) + (origin[axis] as number)) * stride;
      rest = Math.floor(rest / size);
      stride *= x.shape[axis] as number;
    }
    values[target] = block[i] as number;
  }
  return tf.tensor(values, x.shape, x.dtype);
}
