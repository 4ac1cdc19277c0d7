// Random initial weights as host tensors, drawn from a passed-in source. Distributions only: which weight gets which
// one is decided where the weights are listed.
import type { HostTensor } from "@easel/engine";

/** A source of uniform numbers in [0,1). */
export type RandomSource = { next(): number };

/** Wraps float32 values. The array must not be changed afterwards. */
export function hostFloats(values: Float32Array, shape: readonly number[]): HostTensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: "F32", shape: [...shape], bytes };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** All entries equal. */
export function constantWeights(shape: readonly number[], value: number): HostTensor {
  return hostFloats(new Float32Array(sizeOf(shape)).fill(value), shape);
}

/** Uniform in [-limit, limit). */
export function uniformWeights(shape: readonly number[], limit: number, random: RandomSource): HostTensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.next() - 1) * limit);
  return hostFloats(values, shape);
}

/** Normal with mean 0 (Box-Muller). */
export function normalWeights(shape: readonly number[], deviation: number, random: RandomSource): HostTensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return deviation * radius * Math.cos(2 * Math.PI * random.next());
  });
  return hostFloats(values, shape);
}

/**
 * PyTorch's default for linear and convolution layers, weight and bias alike: uniform within 1/sqrt(fan-in).
 *
 * @param weightShape `[out, in, ...]` of the layer's weight, also for its bias
 */
export function fanInLimit(weightShape: readonly number[]): number {
  return 1 / Math.sqrt(sizeOf(weightShape.slice(1)));
}
