// AdamW: Adam with bias correction and decoupled weight decay. Learning-rate schedules are in schedules.ts.

import type { Gradients } from "../params/gradients.js";
import { tf } from "../tf.js";
import { createMoment, type Moment, type MomentStorage } from "./moment.js";
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
  /**
   * `8bit` keeps both moments in 2.03 bytes a weight instead of 8, but for variables of fewer than 4096 weights.
   * Default `f32`. A state saved with one is refused with the other.
   */
  readonly moments?: MomentStorage;
};

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2, with the decay scaled by the learning rate as PyTorch does):
 * `w ← w (1 - lr λ) - lr (m / (1 - β1^t)) / (sqrt(v / (1 - β2^t)) + ε)`.
 * State names: `step` (float32, so that it traces; exact up to 16.7 M), `<variable>.first_moment`, `<variable>.second_moment`;
 * of 8-bit moments `<moment>.codes` (int32, four codes each) and `<moment>.scales`.
 */
export function createAdamW(o: AdamWOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, groups = [], moments = "f32" } = o;
  const step = tf.tidy(() => tf.variable(tf.scalar(0), false));
  const state: Record<string, tf.Variable> = { step };
  const defaults = { weightDecay, beta1, beta2 };
  const slots = Object.entries(o.variables).map(([name, variable]) => {
    const first = createMoment(variable, moments, "signed");
    const second = createMoment(variable, moments, "positive");
    addState(state, `${name}.first_moment`, first);
    addState(state, `${name}.second_moment`, second);
    return { name, variable, first, second, group: resolveGroup(name, groups, defaults) };
  });

  function update(grads: Gradients, learningRate: tf.Scalar | number): void {
    tf.tidy(() => {
      step.assign(tf.add(step, 1));
      const correctionOf = corrections(step);
      for (const { name, variable, first, second, group } of slots) {
        const gradient = grads[name];
        if (gradient === undefined) continue;
        const mean = averaged(first.read(), gradient, group.beta1);
        const variance = averaged(second.read(), tf.square(gradient), group.beta2);
        first.write(mean, step);
        second.write(variance, step);
        const rate = tf.mul(learningRate, group.learningRateScale);
        const root = tf.div(tf.sqrt(variance), tf.sqrt(correctionOf(group.beta2)));
        const change = tf.div(tf.mul(mean, tf.div(rate, correctionOf(group.beta1))), tf.add(root, epsilon));
        variable.assign(tf.sub(decayed(variable, rate, group.weightDecay), change));
      }
    });
  }

  return { state, update, dispose: () => tf.dispose(state) };
}

function averaged(old: tf.Tensor, value: tf.Tensor, beta: number): tf.Tensor {
  return tf.add(tf.mul(old, beta), tf.mul(value, 1 - beta));
}

/** The bias corrections 1 - β^t of a step, each computed once. */
function corrections(step: tf.Tensor): (beta: number) => tf.Tensor {
  const known = new Map<number, tf.Tensor>();
  return (beta) => {
    // As -expm1(t ln β): the plain form loses four digits at β2 = 0.999, t = 1 in float32. ln 0 is no number to multiply.
    const made =
      known.get(beta) ?? (beta === 0 ? tf.scalar(1) : tf.neg(tf.expm1(tf.mul(step, Math.log(beta)))));
    known.set(beta, made);
    return made;
  };
}

function addState(state: Record<string, tf.Variable>, name: string, moment: Moment): void {
  for (const [suffix, variable] of Object.entries(moment.state)) state[`${name}${suffix}`] = variable;
}

/** A variable times 1 - rate · decay, or itself when the decay is 0. */
export function decayed(variable: tf.Variable, rate: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? variable : tf.mul(variable, tf.sub(1, tf.mul(rate, weightDecay)));
}
