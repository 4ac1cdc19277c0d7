// AdamW: Adam with bias correction and decoupled weight decay. Learning-rate schedules are in schedules.ts.

import type { Gradients } from "../params/gradients.js";
import { tf } from "../tf.js";
import { type Optimizer, type ParameterGroup, resolveGroup } from "./optimizer.js";

/** The settings of {@link createAdamW}, with the defaults of PyTorch except for the weight decay, which is 0. */
export type AdamWOptions = {
  readonly variables: Readonly<Record<string, tf.Variable>>;
  /** Decay of the first moment, [0,1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment, [0,1). Default 0.999. */
  readonly beta2?: number;
  /** Added after the square root. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled: each step scales a weight by 1 - learning rate · decay. Default 0. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
};

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2, with the decay scaled by the learning rate as PyTorch does):
 * `w ← w (1 - lr λ) - lr (m / (1 - β1^t)) / (sqrt(v / (1 - β2^t)) + ε)`.
 * State names: `step` (float32, so that it traces; exact up to 16.7 M), `<variable>.first_moment`, `<variable>.second_moment`.
 */
export function createAdamW(o: AdamWOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, groups = [] } = o;
  const step = tf.tidy(() => tf.variable(tf.scalar(0), false));
  const state: Record<string, tf.Variable> = { step };
  const slots = Object.entries(o.variables).map(([name, variable]) => {
    const first = zerosFor(variable);
    const second = zerosFor(variable);
    state[`${name}.first_moment`] = first;
    state[`${name}.second_moment`] = second;
    return { name, variable, first, second, group: resolveGroup(name, groups, weightDecay) };
  });

  function update(grads: Gradients, learningRate: tf.Scalar | number): void {
    tf.tidy(() => {
      step.assign(tf.add(step, 1));
      // 1 - β^t as -expm1(t ln β): the plain form loses four digits at β2 = 0.999, t = 1 in float32.
      const firstCorrection = tf.neg(tf.expm1(tf.mul(step, Math.log(beta1))));
      const rootSecondCorrection = tf.sqrt(tf.neg(tf.expm1(tf.mul(step, Math.log(beta2)))));
      for (const { name, variable, first, second, group } of slots) {
        const gradient = grads[name];
        if (gradient === undefined) continue;
        first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
        second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
        const rate = tf.mul(learningRate, group.learningRateScale);
        const denominator = tf.add(tf.div(tf.sqrt(second), rootSecondCorrection), epsilon);
        const change = tf.div(tf.mul(first, tf.div(rate, firstCorrection)), denominator);
        variable.assign(tf.sub(decayed(variable, rate, group.weightDecay), change));
      }
    });
  }

  return { state, update, dispose: () => tf.dispose(state) };
}

/** A variable times 1 - rate · decay, or itself when the decay is 0. */
export function decayed(variable: tf.Variable, rate: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? variable : tf.mul(variable, tf.sub(1, tf.mul(rate, weightDecay)));
}

/** A variable of zeros with the shape of another, not itself trained. */
export function zerosFor(variable: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
}
