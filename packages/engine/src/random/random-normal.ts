// Normal numbers from random words: a sign bit, and a tail probability looked up in a table of the inverse.
import { TF } from "../dtypes.js";
import { onTensorflow, tensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { normalTable, SCALE_BITS, STEPS_BITS, TAIL_BITS } from "./normal-table.js";
import { integerOp, type RandomWords, randomBits } from "./random-bits.js";
import { upperBits } from "./random-uniform.js";

const MANTISSA_BITS = 23;
const FRACTION_BITS = MANTISSA_BITS - STEPS_BITS;
const FRACTION_MASK = 2 ** FRACTION_BITS - 1;
/** The table's index of m = 1: float32's exponent of 1 is 127. */
const FIRST_INDEX = 127 << STEPS_BITS;

let values: Int32Array | null = null;
let onDevice: tf.Tensor | null = null;

function table(): Int32Array {
  values ??= normalTable();
  return values;
}

/**
 * Normal numbers with mean 0 and variance 1, exact to 1e-6 and at most 5.42 in size; bit for bit the same on every
 * backend and in every mode. One word makes one number.
 * @returns float32 `shape`
 * @throws EngineError EASEL_ENGINE_RANDOM_KEY
 */
export function randomNormal(shape: readonly number[], words: RandomWords): tf.Tensor {
  return tf.tidy(() => {
    const bits = randomBits(shape, words);
    return onTensorflow() ? fromTable(bits) : tf.tensor(inJs(bits.dataSync() as Int32Array), [...shape]);
  });
}

// The tail's probability is m / 2^25 with an odd m below 2^24. As a float32, m's exponent and upper mantissa bits are
// the place in the table, and the rest of the mantissa is how far it is to the next.
function fromTable(words: tf.Tensor): tf.Tensor {
  const int = (value: number): tf.Scalar => tf.scalar(value, "int32");
  const tail = upperBits(words, TAIL_BITS - 2)
    .mul(int(2))
    .add(int(1));
  const float = integerOp("Bitcast", [tail.toFloat()], { T: TF.FLOAT, type: TF.INT32 });
  const index = integerOp("RightShift", [float, int(FRACTION_BITS)]).sub(int(FIRST_INDEX));
  const fraction = integerOp("BitwiseAnd", [float, int(FRACTION_MASK)]);
  const entries = deviceTable();
  const here = tf.gather(entries, index);
  const step = here.sub(tf.gather(entries, index.add(int(1))));
  const size = here.sub(integerOp("RightShift", [step.mul(fraction), int(FRACTION_BITS)]));
  const sign = int(1).sub(integerOp("BitwiseAnd", [words, int(1)]).mul(int(2)));
  return size
    .mul(sign)
    .toFloat()
    .mul(2 ** -SCALE_BITS);
}

// Kept for the life of the process. Traces capture it: as a constant it would be copied into every function.
function deviceTable(): tf.Tensor {
  if (onDevice === null) {
    onDevice = tf.keep(tf.tensor1d(table(), "int32"));
    tensorflowBackend().dataOf(onDevice.dataId).madeInTrace = false;
  }
  return onDevice;
}

function inJs(words: Int32Array): Float32Array {
  const entries = table();
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  return Float32Array.from(words, (word) => {
    float[0] = 2 * (word >>> (34 - TAIL_BITS)) + 1;
    const place = bits[0] as number;
    const index = (place >> FRACTION_BITS) - FIRST_INDEX;
    const here = entries[index] as number;
    const step = here - (entries[index + 1] as number);
    const size = here - ((step * (place & FRACTION_MASK)) >> FRACTION_BITS);
    return ((word & 1) === 0 ? size : -size) / 2 ** SCALE_BITS;
  });
}
