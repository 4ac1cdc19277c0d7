// Between host tensors (bytes of a file) and TensorFlow.js tensors. TensorFlow.js holds float32, int32 and bool only,
// so narrower floats are widened and 64-bit integers must fit 32 bits.

import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from "./float-narrowing.js";
import { elementCount, HOST_DTYPE_WIDTH_BYTES, type HostTensor } from "./host-tensor.js";

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/**
 * The values of a host tensor as float32: F16 and BF16 widen exactly, F64 and large integers round to nearest.
 * The result owns its memory and never aliases `h.bytes`.
 */
export function toFloat32(h: HostTensor): Float32Array<ArrayBuffer> {
  const buffer = alignedCopy(h);
  switch (h.dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "BF16":
      return bfloat16ToFloat32(new Uint16Array(buffer));
    case "F16":
      return float16ToFloat32(new Uint16Array(buffer));
    default:
      return Float32Array.from(numbersOf(h, buffer));
  }
}

/**
 * A TensorFlow.js tensor with the values of `h`: floats as float32, integers as int32, BOOL as bool.
 * @throws EngineError EASEL_ENGINE_INTEGER_RANGE when an integer does not fit int32.
 */
export function toTensor(h: HostTensor): tf.Tensor {
  const shape = [...h.shape];
  switch (h.dtype) {
    case "F32":
    case "F16":
    case "BF16":
    case "F64":
      return tf.tensor(toFloat32(h), shape, "float32");
    case "BOOL":
      return tf.tensor(
        alignedBytes(h).map((byte) => (byte === 0 ? 0 : 1)),
        shape,
        "bool",
      );
    default:
      return tf.tensor(toInt32(h), shape, "int32");
  }
}

/**
 * Reads a TensorFlow.js tensor back into host memory: float32 as F32, int32 as I32, bool as BOOL.
 * @throws EngineError EASEL_ENGINE_TENSOR_DTYPE for string and complex tensors.
 */
export async function fromTensor(t: tf.Tensor): Promise<HostTensor> {
  const shape = [...t.shape];
  if (t.dtype === "string" || t.dtype === "complex64") {
    throw new EngineError(
      "EASEL_ENGINE_TENSOR_DTYPE",
      `A ${t.dtype} tensor cannot be stored in a safetensors file; cast it to float32, int32 or bool first.`,
    );
  }
  const values = await t.data();
  if (t.dtype === "float32") return { dtype: "F32", shape, bytes: bytesOf(Float32Array.from(values)) };
  if (t.dtype === "int32") return { dtype: "I32", shape, bytes: bytesOf(Int32Array.from(values)) };
  return { dtype: "BOOL", shape, bytes: Uint8Array.from(values) };
}

/**
 * Stores float32 values as F32, BF16 or F16 (round to nearest, ties to even).
 * @param shape its product must be `values.length`.
 */
export function fromFloat32(
  values: Float32Array,
  shape: readonly number[],
  dtype: "F32" | "BF16" | "F16" = "F32",
): HostTensor {
  if (elementCount(shape) !== values.length) {
    throw new EngineError(
      "EASEL_ENGINE_TENSOR_SIZE",
      `Shape [${shape.join(", ")}] needs ${elementCount(shape)} values but ${values.length} were given; pass the shape the values have.`,
    );
  }
  if (dtype === "F32") return { dtype, shape, bytes: bytesOf(Float32Array.from(values)) };
  const bits = dtype === "BF16" ? float32ToBfloat16(values) : float32ToFloat16(values);
  return { dtype, shape, bytes: bytesOf(bits) };
}

function toInt32(h: HostTensor): Int32Array<ArrayBuffer> {
  const numbers = numbersOf(h, alignedCopy(h));
  const result = new Int32Array(numbers.length);
  for (let i = 0; i < result.length; i++) {
    const value = Number(numbers[i]);
    if (value < INT32_MIN || value > INT32_MAX) {
      throw new EngineError(
        "EASEL_ENGINE_INTEGER_RANGE",
        `Element ${i} of a ${h.dtype} tensor of shape [${h.shape.join(", ")}] is ${numbers[i]}, outside int32; use toFloat32 or skip this tensor.`,
      );
    }
    result[i] = value;
  }
  return result;
}

function numbersOf(h: HostTensor, buffer: ArrayBuffer): ArrayLike<number> {
  switch (h.dtype) {
    case "F64":
      return new Float64Array(buffer);
    case "I64":
      return Array.from(new BigInt64Array(buffer), Number);
    case "U64":
      return Array.from(new BigUint64Array(buffer), Number);
    case "I32":
      return new Int32Array(buffer);
    case "U32":
      return new Uint32Array(buffer);
    case "I16":
      return new Int16Array(buffer);
    case "U16":
      return new Uint16Array(buffer);
    case "I8":
      return new Int8Array(buffer);
    case "U8":
    case "BOOL":
      return new Uint8Array(buffer);
    case "F32":
    case "F16":
    case "BF16":
      return toFloat32(h);
  }
}

// Bytes cut out of a larger buffer may start at any address, and typed views need alignment: copy once.
function alignedBytes(h: HostTensor): Uint8Array<ArrayBuffer> {
  checkSize(h);
  return Uint8Array.from(h.bytes);
}

/** @throws EngineError EASEL_ENGINE_TENSOR_SIZE when the bytes are not as many as dtype and shape take */
export function checkSize(h: HostTensor): void {
  const expectedBytes = elementCount(h.shape) * HOST_DTYPE_WIDTH_BYTES[h.dtype];
  if (h.bytes.length !== expectedBytes) {
    throw new EngineError(
      "EASEL_ENGINE_TENSOR_SIZE",
      `A ${h.dtype} tensor of shape [${h.shape.join(", ")}] needs ${expectedBytes} bytes but has ${h.bytes.length}; rebuild it from its file.`,
    );
  }
}

function alignedCopy(h: HostTensor): ArrayBuffer {
  return alignedBytes(h).buffer;
}

function bytesOf(values: Float32Array | Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
