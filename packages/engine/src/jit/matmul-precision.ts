// Matrix products in bfloat16 between float32 values: half the memory traffic, and AVX512/AMX or tensor-core units
// where there are any. Sums inside a product are kept in float32 by the kernels.
import type { Trace } from "./trace.js";

const MATMULS: ReadonlySet<string> = new Set(["MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"]);

export function isMatmul(type: string): boolean {
  return MATMULS.has(type);
}

/** The inputs of a product, in bfloat16. */
export function castAround(trace: Trace, inputs: readonly number[]): number[] {
  return inputs.map((input) => trace.half(input));
}
