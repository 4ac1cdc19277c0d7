// Gradients of a loss together with whatever else its computation wants to report. Eager or traced.
import { type Gradients, tf, valueAndGrads } from "@easel/engine";

/**
 * Differentiates `f().loss` and hands out the tensors of `f().report`, which TensorFlow.js would otherwise free when
 * the differentiated function returns.
 *
 * @param variables what to differentiate for, by name
 */
export function gradsWithReport<R extends Readonly<Record<string, tf.Tensor>>>(
  f: () => { readonly loss: tf.Tensor; readonly report: R },
  variables: Readonly<Record<string, tf.Variable>>,
): { readonly loss: tf.Tensor; readonly grads: Gradients; readonly report: R } {
  let kept: readonly (readonly [string, tf.Tensor])[] = [];
  const { value, grads } = valueAndGrads(() => {
    const { loss, report } = f();
    // A clone, so that keeping it does not keep a tensor that the caller owns.
    kept = Object.entries(report).map(([name, tensor]) => [name, tf.keep(tensor.clone())] as const);
    return loss;
  }, variables);
  const report = Object.fromEntries(kept.map(([name, tensor]) => [name, tensor.clone()]));
  for (const [, tensor] of kept) tensor.dispose();
  return { loss: value, grads, report: report as R };
}
