// Activation checkpointing: a block whose inner tensors are not kept for the backward pass but computed again there.

import { sequencedAfter } from "../loss/sequenced.js";
import { tf } from "../tf.js";

/**
 * `f(...inputs)`, of which only the inputs and the result are kept until the backward pass. Costs one more forward
 * pass of the block. Values and gradients are those of calling `f` (Chen et al. 2016).
 * @param f must give the same result when it runs again, and assign no variable
 * @param inputs float32 or int32; gradients flow to them. What `f` captures besides gets no
 *   gradient, and must outlive the forward pass: make tensors that are computed inside it inputs too
 * @param variables those that `f` uses and that are being trained. One that is left out counts as a constant.
 */
export function recomputed(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  variables: Readonly<Record<string, tf.Variable>>,
): tf.Tensor {
  const trained = Object.values(variables);
  const block = tf.customGrad((...args) => {
    const given = args.slice(0, inputs.length) as tf.Tensor[];
    const save = args.at(-1) as tf.GradSaveFunc;
    save(given);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      // The second run waits for the incoming gradient: otherwise a graph would see the same operations on the same
      // inputs as in the forward pass, merge the two, and keep everything after all.
      const again = saved.map((tensor) => sequencedAfter(tensor, dy));
      return gradientsAgainst(() => f(...again), [...again, ...trained], dy);
    };
    return { value: f(...given), gradFunc };
  });
  return block(...inputs, ...trained);
}

// TensorFlow.js ends a gradient by dropping the active tape, here the one of the backward pass that is under way:
// put it aside meanwhile.
function gradientsAgainst(f: () => tf.Tensor, xs: readonly tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  const engine = tf.engine();
  const outerTape = engine.state.activeTape;
  try {
    const { grads } = engine.gradients(f, [...xs], dy.clone(), true);
    return xs.map((x, i) => grads[i] ?? tf.zerosLike(x));
  } finally {
    if (outerTape !== undefined) engine.state.activeTape = outerTape;
  }
}
