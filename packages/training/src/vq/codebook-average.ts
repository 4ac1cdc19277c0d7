// The codebook's own training: exponential moving averages of the latents each code stands for, as tensors inside the
// traced step. Gradients never reach the codebook. Replacing unused codes is in dead-codes.ts.
import { tf } from "@easel/engine";
import { unitLength } from "@easel/janus";

/** The averages behind the codebook; variables, so that a traced step updates them. */
export type CodebookAverage = {
  /** Decayed sum of the unit latents of each code, `[codes, codeWidth]`. Its direction is the code. */
  readonly sums: tf.Variable;
  /** Decayed number of latents a step gives each code, `[codes]`. */
  readonly uses: tf.Variable;
};

/** Starts the averages at the codebook itself, with every code counted as used `uses` times a step. */
export function createCodebookAverage(codebook: tf.Tensor, uses: number): CodebookAverage {
  return {
    sums: tf.variable(unitLength(codebook), false),
    uses: tf.variable(tf.fill([codebook.shape[0] ?? 0], uses), false),
  };
}

/**
 * Moves every used code towards the mean direction of its latents, and assigns the codebook.
 *
 * Codes are compared at unit length only, so the decayed sum needs no division by the decayed count; a code without
 * latents keeps its direction.
 *
 * @param codebook variable `[codes, codeWidth]` that receives the new unit rows
 * @param latents unit latents `[n, codeWidth]`
 * @param codes int32 `[n]`
 * @param decay weight of the past in [0,1)
 */
export function updateCodebook(
  average: CodebookAverage,
  codebook: tf.Variable,
  latents: tf.Tensor,
  codes: tf.Tensor,
  decay: number,
): void {
  const chosen = tf.cast(tf.oneHot(codes as tf.Tensor1D, codebook.shape[0] ?? 0), "float32");
  const fresh = tf.matMul(chosen as tf.Tensor2D, latents as tf.Tensor2D, true, false);
  const sums = tf.add(tf.mul(average.sums, decay), tf.mul(fresh, 1 - decay));
  const uses = tf.add(tf.mul(average.uses, decay), tf.mul(tf.sum(chosen, 0), 1 - decay));
  average.sums.assign(sums);
  average.uses.assign(uses);
  codebook.assign(unitLength(sums) as tf.Tensor2D);
}
