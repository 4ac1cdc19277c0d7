// Which ops work on bfloat16. Matrix products and convolutions may take it for speed (half the memory traffic, and
// AVX512-BF16, AMX or tensor-core units where there are any; sums inside a product stay float32). Ops that only move
// data keep weights stored in bfloat16 as they are. Everything else computes in float32.

const MATMULS: ReadonlySet<string> = new Set(["MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"]);

/** Forward only: the gradients of convolutions stay float32. */
const CONVOLUTIONS: ReadonlySet<string> = new Set(["Conv2D"]);

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

/** What products take in: `bf16` rounds their inputs, sums and results stay float32. */
export type ProductPrecision = "f32" | "bf16";

/** `tf32` leaves tensors as they are and lets a GPU round what its tensor cores multiply to 10 mantissa bits. */
export type MatmulPrecision = ProductPrecision | "tf32";

/** For matrix products and for convolutions. */
export type Precision = { readonly matmul: MatmulPrecision; readonly convolution: ProductPrecision };

/** Matrix products and convolutions, whose inputs' precision is a choice. */
export function isProduct(type: string): boolean {
  return MATMULS.has(type) || CONVOLUTIONS.has(type);
}

/** The precision that a product of this type takes in. */
export function productPrecision(type: string, { matmul, convolution }: Precision): MatmulPrecision {
  return CONVOLUTIONS.has(type) ? convolution : matmul;
}

/** Has one floating-point input, whose values it hands on unchanged. */
export function movesData(type: string): boolean {
  return MOVES.has(type);
}
