// Bytes of frozen weights as they lie in memory, and what a computation makes of weights for its products. What lies beside
// weights is in training-memory.ts and rollout-memory.ts.
import type { JanusConfig } from "@easel/janus";
import type { Parameters } from "./parameters.js";
import { F32, type Part } from "./part.js";

/** The setting `model.weights`. A plan takes it that the checkpoint stores all weights in bfloat16, as released ones do. */
export type WeightStorage = "float32" | "bfloat16";

/** What matrix products take in. */
export type ProductType = "f32" | "bf16";

/** Bytes of a bfloat16. */
const BF16 = 2;

/** Bytes of one frozen weight. */
export const frozenBytes: Readonly<Record<WeightStorage, number>> = { float32: F32, bfloat16: BF16 };

/**
 * Bytes that go over the memory bus when a product takes a frozen weight in float32: kept in bfloat16 it is read, written
 * widened, and read again. A GPU's compiler may do all of it in the product; that is not counted on.
 */
export const movedBytes: Readonly<Record<WeightStorage, number>> = { float32: F32, bfloat16: BF16 + 2 * F32 };

/**
 * What a computation makes of weights: with products in bfloat16 a rounded copy of all float32 weights that they use, with
 * products in float32 of weights in bfloat16 one widened at a time, the largest of which are the text head and a layer's
 * gate with its twin.
 */
export function productWeights(
  config: JanusConfig,
  p: Parameters,
  storage: WeightStorage,
  products: ProductType,
): Part {
  const { vocabulary, hidden, intermediate } = config.language;
  if (products === "bf16") {
    const used = storage === "float32" ? p.blocks + p.textHead + p.image : 0;
    return { name: "weights rounded for products", bytes: used * BF16 };
  }
  const widened = storage === "bfloat16" ? hidden * Math.max(vocabulary, 2 * intermediate) : 0;
  return { name: "weights widened for a product", bytes: widened * F32 };
}
