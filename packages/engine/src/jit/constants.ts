// How a value that JavaScript made goes into a graph: as it is, as a Fill, or as an input of the function.

/** Up to this many elements, captured int32 tensors (shapes, axes, permutations) become constants. */
export const SMALL_CONSTANT = 16;

/** Larger constants are uploaded once and given to the function as inputs: a function's definition is copied. */
export const LARGE_CONSTANT_BYTES = 64 * 1024;

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The bytes of the one element that all elements equal (tf.zeros, tf.ones, tf.fill), or null. */
export function uniformElement(values: ArrayBufferView, elements: number): Uint8Array | null {
  const bytes = bytesOf(values);
  const width = bytes.length / elements;
  for (let i = width; i < bytes.length; i++) {
    if (bytes[i] !== bytes[i - width]) return null;
  }
  return bytes.slice(0, width);
}
