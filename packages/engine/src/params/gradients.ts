// Gradients of a scalar with respect to named variables, and a barrier for gradients. Thin over TensorFlow.js.

import { tf } from "../tf.js";

/** Gradients by the caller's own names. A variable that does not influence the value has no entry. */
export type Gradients = Readonly<Record<string, tf.Tensor>>;

/**
 * Computes `f` and its gradients. Works eagerly and inside `jit`.
 * @param f returns a scalar float32
 * @param variables what to differentiate for, by any stable names; need not be all variables `f` uses
 * @returns the value `[]` and a gradient, shaped like its variable, for each variable that influences it
 */
export function valueAndGrads(
  f: () => tf.Tensor,
  variables: Readonly<Record<string, tf.Variable>>,
): { readonly value: tf.Scalar; readonly grads: Gradients } {
  const { value, grads } = tf.variableGrads(() => f().asScalar(), Object.values(variables));
  const named: Record<string, tf.Tensor> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const gradient = grads[variable.name];
    if (gradient !== undefined) named[name] = gradient;
  }
  return { value, grads: named };
}

/** The values of `x` as a constant: no gradient flows through the result. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  // A custom op with no inputs is a leaf of the gradient tape; the copy inside it is not recorded. Unlike a zero
  // gradient this costs nothing in the backward pass.
  return tf.customGrad(() => ({ value: x.clone() as T, gradFunc: () => [] }))();
}
