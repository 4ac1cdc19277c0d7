// A linear layer with whatever adapters cover it. The only place where adapters enter a forward pass.

import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import { droppedInput } from "./adapter-dropout.js";
import { type Adapter, adapterScale, type Params } from "./params.js";
import { replaceTokenOutputs } from "./token-rows.js";
import { weight } from "./weight.js";

/**
 * `x W^T + bias + sum over adapters of (alpha / rank) (x A^T) B^T` (LoRA, Hu et al. 2021, eq. 3).
 * The weight is `${path}.weight` `[out, in]`; `${path}.bias` `[out]` is added when it exists. Where an adapter has rows of
 * its own for tokens, those outputs come from them.
 * @param x `[..., in]`
 * @returns `[..., out]`
 * @throws EngineError EASEL_ENGINE_WEIGHT_MISSING, EASEL_ENGINE_LINEAR_SHAPE
 */
export function linear(p: Params, path: string, x: tf.Tensor): tf.Tensor {
  const w = weight(p, `${path}.weight`);
  const [outSize, inSize] = w.shape;
  if (w.rank !== 2 || outSize === undefined || inSize === undefined || x.shape.at(-1) !== inSize) {
    throw new EngineError(
      "EASEL_ENGINE_LINEAR_SHAPE",
      `${path}.weight has shape [${w.shape.join(", ")}] and cannot be applied to an input [${x.shape.join(", ")}]; the last sizes must agree.`,
    );
  }
  // One flat matrix product: with a rank-3 input TensorFlow.js would broadcast W into a batched product, which copies it.
  const rows = x.rank === 2 ? x : x.reshape([-1, inSize]);
  let y = tf.matMul(rows, w, false, true);
  const bias = p.weights[`${path}.bias`];
  if (bias !== undefined) y = tf.add(y, bias);
  for (const adapter of p.adapters ?? []) {
    const pair = adapter.pairs[path];
    if (pair !== undefined) {
      const inner = tf.mul(
        tf.matMul(readBy(adapter, path, rows), pair.a, false, true),
        adapterScale(adapter),
      );
      y = tf.add(y, tf.matMul(inner, pair.b, false, true));
    }
    const own = adapter.tokenRows?.[path];
    if (own !== undefined) y = replaceTokenOutputs(own, rows, y, bias);
  }
  return x.rank === 2 ? y : y.reshape([...x.shape.slice(0, -1), outSize]);
}

function readBy({ dropout, pairs }: Adapter, path: string, rows: tf.Tensor): tf.Tensor {
  return dropout === undefined ? rows : droppedInput(rows, Object.keys(pairs).indexOf(path), dropout);
}
