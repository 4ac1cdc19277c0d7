// What every optimiser offers, and per-group settings. The update rules are in adamw.ts and muon.ts.

import type { Gradients } from "../params/gradients.js";
import type { tf } from "../tf.js";

/**
 * An optimiser over named variables. `update` may be called eagerly or inside `jit`: what it remembers lives in
 * `state`, variables that a trace turns into inputs and outputs.
 */
export type Optimizer = {
  /** Everything to save and restore, under names that follow from the variables' names only. */
  readonly state: Readonly<Record<string, tf.Variable>>;
  /**
   * Changes the variables in place.
   * @param grads by variable name; a variable without a gradient is left alone, its decay included
   * @param learningRate a scalar tensor, so that a schedule does not retrace; a number is baked into a trace
   */
  update(grads: Gradients, learningRate: tf.Scalar | number): void;
  /** Frees the state. The trained variables stay. */
  dispose(): void;
};

/** Settings for some of the variables. The first group whose `includes` accepts a name wins. */
export type ParameterGroup = {
  includes(name: string): boolean;
  /** Replaces the optimiser's weight decay. */
  readonly weightDecay?: number;
  /** Multiplies the learning rate; 1 when absent. */
  readonly learningRateScale?: number;
  /** Replace the optimiser's decays of the moments, [0,1). AdamW's only. */
  readonly beta1?: number;
  readonly beta2?: number;
};

/** The settings that hold for one variable. */
export type ResolvedGroup = Omit<Required<ParameterGroup>, "includes">;

/** Looks up the group of a variable, falling back to the optimiser's own settings. */
export function resolveGroup(
  name: string,
  groups: readonly ParameterGroup[],
  defaults: { readonly weightDecay: number; readonly beta1?: number; readonly beta2?: number },
): ResolvedGroup {
  const group = groups.find((candidate) => candidate.includes(name));
  return {
    weightDecay: group?.weightDecay ?? defaults.weightDecay,
    learningRateScale: group?.learningRateScale ?? 1,
    beta1: group?.beta1 ?? defaults.beta1 ?? 0,
    beta2: group?.beta2 ?? defaults.beta2 ?? 0,
  };
}
