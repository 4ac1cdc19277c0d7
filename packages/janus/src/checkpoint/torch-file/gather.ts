// The bytes of a tensor whose elements do not lie one after the other in its storage. Plain arrays.

/** Whether rows follow each other without gaps, so that the tensor is a run of bytes. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const side = shape[axis] ?? 1;
    // The stride of a side of length 1 is never used.
    if (side !== 1 && strides[axis] !== expected) return false;
    expected *= side;
  }
  return true;
}

/** Elements from the first to one past the last that a tensor uses; 0 for an empty one. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, side, axis) => span + (side - 1) * (strides[axis] ?? 0), 1);
}

/**
 * Copies a tensor row-major.
 *
 * @param bytes of the storage, beginning with the tensor's first element
 * @param widthBytes of one element
 */
export function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  widthBytes: number,
): Uint8Array {
  const count = shape.reduce((product, side) => product * side, 1);
  const result = new Uint8Array(count * widthBytes);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to += 1) {
    result.set(bytes.subarray(from * widthBytes, (from + 1) * widthBytes), to * widthBytes);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      from += stride;
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next;
        break;
      }
      from -= next * stride;
      index[axis] = 0;
    }
  }
  return result;
}
