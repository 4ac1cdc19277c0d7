// Random words from a key and a counter: Philox4x32-10 on every backend, eagerly, in graphs and under XLA. The
// algorithm is pinned, because TensorFlow's default differs between its executors.
import type { OpAttribute } from "../addon.js";
import { TF } from "../dtypes.js";
import { EngineError } from "../errors.js";
import { onTensorflow, tensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { philoxWords } from "./philox.js";

const PHILOX = 1;
const WORD = 0x1_0000_0000;

/** Where a draw stands: both int32, so that both can be computed inside a jitted function. */
export type RandomWords = {
  /** int32 [2]: names the whole sequence, such as a run's seed ({@link randomKey}). */
  readonly key: tf.Tensor;
  /**
   * int32 [4], least significant word first. Four numbers share a block and n numbers take the blocks from the
   * counter on: leave word 0 at zero, and tell draws apart by words 1 to 3 (step, sample, purpose).
   */
  readonly counter: tf.Tensor;
};

/**
 * A key from a seed.
 * @param seed a whole number in [0, 2^53)
 * @returns int32 [2]
 * @throws EngineError EASEL_ENGINE_RANDOM_KEY
 */
export function randomKey(seed: number): tf.Tensor1D {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new EngineError(
      "EASEL_ENGINE_RANDOM_KEY",
      `${seed} is no seed: use a whole number from 0 to 2^53 - 1.`,
    );
  }
  return tf.tensor1d([seed | 0, Math.floor(seed / WORD) | 0], "int32");
}

function checkWords({ key, counter }: RandomWords): void {
  const fits = (tensor: tf.Tensor, size: number): boolean =>
    tensor.dtype === "int32" && tensor.rank === 1 && tensor.shape[0] === size;
  if (fits(key, 2) && fits(counter, 4)) return;
  throw new EngineError(
    "EASEL_ENGINE_RANDOM_KEY",
    `Random numbers take a key int32 [2] and a counter int32 [4], not ${key.dtype}[${key.shape}] and ` +
      `${counter.dtype}[${counter.shape}]: make the key by randomKey(seed), the counter by tf.stack of int32 scalars.`,
  );
}

/** Runs one TensorFlow op on int32 tensors. */
export function integerOp(
  type: string,
  inputs: tf.Tensor[],
  types: Readonly<Record<string, number>> = { T: TF.INT32 },
): tf.Tensor {
  const backend = tensorflowBackend();
  const attributes: OpAttribute[] = Object.entries(types).map(([name, value]) => ({
    name,
    type: backend.addon.TF_ATTR_TYPE,
    value,
  }));
  return backend.executeSingleOutput(type, attributes, inputs);
}

/**
 * Random words, each of the 2^32 values of an int32 with the same chance. Word i is word `i % 4` of Philox4x32-10 at
 * `counter + floor(i / 4)`, in row-major order of `shape`.
 * @returns int32 `shape`
 * @throws EngineError EASEL_ENGINE_RANDOM_KEY
 */
export function randomBits(shape: readonly number[], words: RandomWords): tf.Tensor {
  checkWords(words);
  const { key, counter } = words;
  if (!onTensorflow()) {
    const count = shape.reduce((a, b) => a * b, 1);
    const drawn = philoxWords(key.dataSync() as Int32Array, counter.dataSync() as Int32Array, count);
    return tf.tensor(drawn, [...shape], "int32");
  }
  return tf.tidy(() => {
    const asUint64 = { T: TF.INT32, type: TF.UINT64 };
    return integerOp(
      "StatelessRandomUniformFullIntV2",
      [
        tf.tensor1d([...shape], "int32"),
        integerOp("Bitcast", [key.reshape([1, 2])], asUint64),
        integerOp("Bitcast", [counter.reshape([2, 2])], asUint64),
        tf.scalar(PHILOX, "int32"),
      ],
      { dtype: TF.INT32, Tshape: TF.INT32 },
    );
  });
}
