// Sums over gradients: clipping by their global norm, and accumulation over micro-batches. Pure except for the
// accumulator, whose sums are variables so that they outlive a jit call.

import type { Gradients } from "../params/gradients.js";
import { tf } from "../tf.js";
import { zerosFor } from "./moment.js";

// As in PyTorch: keeps the factor finite for zero gradients.
const NORM_EPSILON = 1e-6;

/**
 * Scales all gradients by one factor so that their joint Euclidean norm is at most `maxNorm`.
 * A non-finite gradient makes the norm, and with it every gradient, non-finite: check `norm` before applying.
 * @returns `norm` before clipping, a scalar
 */
export function clipByGlobalNorm(
  grads: Gradients,
  maxNorm: number,
): { readonly grads: Gradients; readonly norm: tf.Scalar } {
  return tf.tidy(() => {
    const norm = globalNorm(grads);
    const factor = tf.minimum(1, tf.div(maxNorm, tf.add(norm, NORM_EPSILON)));
    const clipped: Record<string, tf.Tensor> = {};
    for (const [name, gradient] of Object.entries(grads)) clipped[name] = tf.mul(gradient, factor);
    return { grads: clipped, norm };
  });
}

/** The Euclidean norm of all gradients together; 0 when there are none. */
export function globalNorm(grads: Gradients): tf.Scalar {
  return tf.tidy(() => {
    const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)));
    return squares.length === 0 ? tf.scalar(0) : tf.sqrt(tf.addN(squares)).asScalar();
  });
}

/** Sums of gradients over several backward passes. */
export type GradientAccumulator = {
  /** The running sums, to be saved if a checkpoint may fall between micro-batches. */
  readonly state: Readonly<Record<string, tf.Variable>>;
  /** Adds gradients to the sums. */
  add(grads: Gradients): void;
  /** Returns the sums times `scale` (default 1) and sets them to zero. Inside `jit` and `tf.tidy` nothing needs disposal. */
  take(scale?: tf.Scalar | number): Gradients;
  dispose(): void;
};

/**
 * An accumulator over the given variables, starting at zero. It sums: if the loss of each micro-batch is already divided
 * by the token count of the whole step, the sum is the step's gradient; else pass 1 / micro-batches to `take`.
 */
export function createGradientAccumulator(
  variables: Readonly<Record<string, tf.Variable>>,
): GradientAccumulator {
  const sums = Object.entries(variables).map(([name, variable]) => [name, zerosFor(variable)] as const);
  return {
    state: Object.fromEntries(sums),
    add(grads) {
      tf.tidy(() => {
        for (const [name, sum] of sums) {
          const gradient = grads[name];
          if (gradient !== undefined) sum.assign(tf.add(sum, gradient));
        }
      });
    },
    take(scale = 1) {
      return tf.tidy(() => {
        const taken: Record<string, tf.Tensor> = {};
        for (const [name, sum] of sums) {
          taken[name] = tf.mul(sum, scale);
          sum.assign(tf.zerosLike(sum));
        }
        return taken;
      });
    },
    dispose: () => tf.dispose(sums.map(([, sum]) => sum)),
  };
}
