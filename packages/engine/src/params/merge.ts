// Folds adapters into weights and takes them out again, in float32. Adapters that are switched on and off need neither.

import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import { type Adapter, adapterScale, type Params } from "./params.js";
import { withRowsReplaced } from "./token-rows.js";
import { weight } from "./weight.js";

/** Rows by the path of their embedding or head, each `[ids, width]`. */
export type StoredRows = Readonly<Record<string, tf.Tensor>>;

/**
 * Parameters with `adapter` folded into the weights: W + (alpha / rank) B A, and its token rows in the place of the
 * stored ones. The input is left as it is; only the covered weights are new tensors, in float32 (new variables where
 * they were variables), and the caller disposes them. `adapter` is dropped from the active ones.
 */
export function mergeAdapter(params: Params, adapter: Adapter): Params {
  const rows = Object.entries(adapter.tokenRows ?? {}).map(([path, own]) => [path, own.values] as const);
  return folded(params, adapter, adapterScale(adapter), Object.fromEntries(rows));
}

/**
 * The inverse of {@link mergeAdapter}: W - (alpha / rank) B A, and the rows from before. Rows come back bit for bit, other
 * weights within two roundings of float32, 2^-23 of the larger of merged and unmerged value. To have every bit back,
 * keep the parameters from before the merge. `adapter` is not made active.
 * @param before what {@link rowsBeforeMerge} gave; needed for an adapter with token rows
 * @throws EngineError EASEL_ENGINE_ADAPTER when rows are missing: a merge overwrites them
 */
export function unmergeAdapter(params: Params, adapter: Adapter, before: StoredRows = {}): Params {
  const missing = Object.keys(adapter.tokenRows ?? {}).find((path) => before[path] === undefined);
  if (missing !== undefined) {
    throw new EngineError(
      "EASEL_ENGINE_ADAPTER",
      `The rows that ${missing}.weight had before the merge are not in the adapter. Pass what rowsBeforeMerge gave.`,
    );
  }
  return folded(params, adapter, -adapterScale(adapter), before);
}

/** The rows that merging `adapter` will overwrite. The caller disposes them. */
export function rowsBeforeMerge(params: Params, adapter: Adapter): StoredRows {
  const rows = Object.entries(adapter.tokenRows ?? {}).map(([path, { ids }]) => {
    return [path, tf.tidy(() => tf.gather(weight(params, `${path}.weight`), [...ids]))] as const;
  });
  return Object.fromEntries(rows);
}

function folded(params: Params, adapter: Adapter, scale: number, rows: StoredRows): Params {
  const weights: Record<string, tf.Tensor> = { ...params.weights };
  const change = (path: string, make: (old: tf.Tensor) => tf.Tensor): void => {
    const name = `${path}.weight`;
    const old = weight(params, name);
    const changed = tf.tidy(() => make(old));
    weights[name] = old instanceof tf.Variable ? tf.variable(changed, old.trainable) : changed;
    if (old instanceof tf.Variable) changed.dispose();
  };
  for (const [path, { a, b }] of Object.entries(adapter.pairs)) {
    change(path, (old) => tf.add(old, tf.mul(tf.matMul(b, a), scale)));
  }
  for (const [path, { ids }] of Object.entries(adapter.tokenRows ?? {})) {
    const values = rows[path];
    if (values !== undefined) change(path, (old) => withRowsReplaced(old, ids, values));
  }
  const adapters = (params.adapters ?? []).filter((other) => other !== adapter);
  return adapters.length > 0 ? { weights, adapters } : { weights };
}
