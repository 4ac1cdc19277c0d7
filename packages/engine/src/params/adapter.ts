// Makes, merges and disposes LoRA adapters. Reading and writing them as files is in peft-files.ts.

import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import { type Adapter, adapterScale, type Params, type TrainableAdapter } from "./params.js";
import { weight } from "./weight.js";

/** A source of uniform numbers in [0,1). */
export type UniformSource = { next(): number };

/**
 * A fresh adapter over the named linear layers: A uniform in ±1/sqrt(in), B zero, so that it changes nothing yet.
 * (Kaiming-uniform with a = sqrt(5), the initialisation of the PEFT library.)
 * @param o.paths layer paths, each with a `[out, in]` weight in `o.params`
 * @param o.random draws are taken in the order of `o.paths`, so equal seeds give equal adapters
 * @throws EngineError EASEL_ENGINE_WEIGHT_MISSING, EASEL_ENGINE_ADAPTER when a weight is no matrix or the rank is not positive
 */
export function createAdapter(o: {
  readonly paths: readonly string[];
  readonly params: Params;
  readonly rank: number;
  readonly alpha: number;
  readonly random: UniformSource;
}): TrainableAdapter {
  if (!Number.isInteger(o.rank) || o.rank < 1) {
    throw new EngineError("EASEL_ENGINE_ADAPTER", `An adapter needs a rank of at least 1, not ${o.rank}.`);
  }
  const pairs: Record<string, { a: tf.Variable; b: tf.Variable }> = {};
  for (const path of o.paths) {
    const [outSize, inSize] = matrixShape(o.params, path);
    const bound = 1 / Math.sqrt(inSize);
    const values = Float32Array.from({ length: o.rank * inSize }, () => (2 * o.random.next() - 1) * bound);
    pairs[path] = tf.tidy(() => ({
      a: tf.variable(tf.tensor2d(values, [o.rank, inSize])),
      b: tf.variable(tf.zeros([outSize, o.rank])),
    }));
  }
  return { rank: o.rank, alpha: o.alpha, pairs };
}

/** The variables of an adapter by stable name (`<path>.lora_A`, `<path>.lora_B`), as optimisers take them. */
export function adapterVariables(adapter: TrainableAdapter): Record<string, tf.Variable> {
  const variables: Record<string, tf.Variable> = {};
  for (const [path, { a, b }] of Object.entries(adapter.pairs)) {
    variables[`${path}.lora_A`] = a;
    variables[`${path}.lora_B`] = b;
  }
  return variables;
}

/**
 * Parameters with `adapter` folded into the weights: W + (alpha / rank) B A. The input is left as it is; only
 * the covered weights are new tensors (new variables where they were variables), and the caller disposes them.
 * `adapter` is dropped from the active ones.
 */
export function mergeAdapter(params: Params, adapter: Adapter): Params {
  return withProductAdded(params, adapter, adapterScale(adapter));
}

/** The inverse of {@link mergeAdapter}, up to rounding: W - (alpha / rank) B A. `adapter` is not made active. */
export function unmergeAdapter(params: Params, adapter: Adapter): Params {
  return withProductAdded(params, adapter, -adapterScale(adapter));
}

/** Frees the tensors of an adapter. */
export function disposeAdapter(adapter: Adapter): void {
  for (const { a, b } of Object.values(adapter.pairs)) {
    a.dispose();
    b.dispose();
  }
}

function withProductAdded(params: Params, adapter: Adapter, scale: number): Params {
  const weights: Record<string, tf.Tensor> = { ...params.weights };
  for (const [path, { a, b }] of Object.entries(adapter.pairs)) {
    const old = weight(params, `${path}.weight`);
    const changed = tf.tidy(() => tf.add(old, tf.mul(tf.matMul(b, a), scale)));
    if (old instanceof tf.Variable) {
      weights[`${path}.weight`] = tf.variable(changed, old.trainable);
      changed.dispose();
    } else {
      weights[`${path}.weight`] = changed;
    }
  }
  const adapters = (params.adapters ?? []).filter((other) => other !== adapter);
  return adapters.length > 0 ? { weights, adapters } : { weights };
}

function matrixShape(params: Params, path: string): readonly [number, number] {
  const w = weight(params, `${path}.weight`);
  const [outSize, inSize] = w.shape;
  if (w.rank !== 2 || outSize === undefined || inSize === undefined) {
    throw new EngineError(
      "EASEL_ENGINE_ADAPTER",
      `${path}.weight has shape [${w.shape.join(", ")}]; adapters cover linear layers [out, in] only. Leave it out.`,
    );
  }
  return [outSize, inSize];
}
