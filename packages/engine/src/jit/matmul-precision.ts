// Which ops work on bfloat16. Matrix products may take it for speed (`matmul: "bf16"`: half the memory traffic, and
// AVX512-BF16, AMX or tensor-core units where there are any; sums inside a product stay float32). Ops that only move
// data keep weights stored in bfloat16 as they are. Everything else computes in float32.

const MATMULS: ReadonlySet<string> = new Set(["MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"]);

const MOVES: ReadonlySet<string> = new Set([
  "ExpandDims",
  "GatherV2",
  "Identity",
  "Reshape",
  "Slice",
  "Split",
  "SplitV",
  "Squeeze",
  "StridedSlice",
  "Transpose",
]);

export function isMatmul(type: string): boolean {
  return MATMULS.has(type);
}

/** Has one floating-point input, whose values it hands on unchanged. */
export function movesData(type: string): boolean {
  return MOVES.has(type);
}
