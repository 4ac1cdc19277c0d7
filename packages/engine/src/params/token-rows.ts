// Embedding rows and head rows that adapters have in place of the stored ones, for a few tokens. The rest of the matrix
// is never copied, and gets no gradient.

import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import { type Adapter, type AdapterPair, adapterScale, type Params, type TokenRows } from "./params.js";
import { weight } from "./weight.js";

/**
 * Rows of `${path}.weight` `[tokens, width]`, or the active adapters' own rows where they have some.
 * @param ids int32 `[...]` in [0, tokens)
 * @returns `[..., width]`
 * @throws EngineError EASEL_ENGINE_WEIGHT_MISSING
 */
export function embeddingRows(p: Params, path: string, ids: tf.Tensor): tf.Tensor {
  const tokens = tf.cast(ids, "int32");
  let rows = tf.gather(weight(p, `${path}.weight`), tokens);
  // One choice a token: exact in every precision, where a product with zeros and ones would round under bf16.
  const own = effectiveTokenRows(p, path);
  if (own === undefined) return rows;
  for (const [place, id] of own.ids.entries()) {
    const isToken = tf.equal(tokens, tf.scalar(id, "int32")).expandDims(-1);
    rows = tf.where(isToken, tf.slice(own.values, [place, 0], [1, -1]).reshape([-1]), rows);
  }
  return rows;
}

/**
 * Outputs of a head in which the columns of an adapter's own rows are those that its rows give.
 * @param x `[n, in]`
 * @param y `[n, out]`, what the stored rows give
 * @param bias `[out]` of the layer, if it has one
 */
export function replaceTokenOutputs(
  own: TokenRows,
  x: tf.Tensor,
  y: tf.Tensor,
  bias: tf.Tensor | undefined,
): tf.Tensor {
  let outputs = tf.matMul(x, own.values, false, true);
  if (bias !== undefined) outputs = tf.add(outputs, tf.gather(bias, [...own.ids]));
  return replaceAlong(y, own.ids, outputs, 1);
}

/**
 * A matrix with the rows (axis 0) or columns (axis 1) of some tokens replaced. Made of slices, whose gradients are slices.
 * @param values as many rows or columns as `ids`
 */
export function replaceAlong(
  matrix: tf.Tensor,
  ids: readonly number[],
  values: tf.Tensor,
  axis: 0 | 1,
): tf.Tensor {
  const pieces: tf.Tensor[] = [];
  const take = (from: tf.Tensor, begin: number, end: number): void => {
    if (end <= begin) return;
    const size = end - begin;
    pieces.push(tf.slice(from, axis === 0 ? [begin, 0] : [0, begin], axis === 0 ? [size, -1] : [-1, size]));
  };
  let next = 0;
  for (const { id, place, count } of runsOf(ids)) {
    take(matrix, next, id);
    take(values, place, place + count);
    next = id + count;
  }
  take(matrix, next, matrix.shape[axis] ?? 0);
  return tf.concat(pieces, axis);
}

/**
 * All tokens' own rows for a layer as they stand after the active adapters, later ones over earlier: what a head is given
 * that is not computed by `linear`. Differentiable.
 * @returns undefined when no active adapter has any
 */
export function effectiveTokenRows(p: Params, path: string): TokenRows | undefined {
  let own: TokenRows | undefined;
  for (const adapter of p.adapters ?? []) {
    const pair = adapter.pairs[path];
    if (pair !== undefined && own !== undefined) {
      own = { ids: own.ids, values: tf.add(own.values, pairRows(adapter, pair, own.ids)) };
    }
    const next = adapter.tokenRows?.[path];
    if (next !== undefined) own = own === undefined ? next : laid(next, own);
  }
  return own;
}

/**
 * What the active adapters make of some rows of `${path}.weight`, low-rank pairs included: `[ids, width]`. New token
 * rows start from it, so that they change nothing yet.
 */
export function currentRows(p: Params, path: string, ids: readonly number[]): tf.Tensor {
  return tf.tidy(() => {
    let values: tf.Tensor = tf.gather(weight(p, `${path}.weight`), [...ids]);
    for (const adapter of p.adapters ?? []) {
      const pair = adapter.pairs[path];
      if (pair !== undefined) values = tf.add(values, pairRows(adapter, pair, ids));
    }
    const own = effectiveTokenRows(p, path);
    if (own === undefined) return values;
    const all = laid(own, { ids, values });
    const places = ids.map((id) => all.ids.indexOf(id));
    return tf.gather(all.values, places);
  });
}

/** A copy of a `[rows, width]` matrix with some rows replaced, for merging. */
export function withRowsReplaced(matrix: tf.Tensor, ids: readonly number[], values: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    tf.tensorScatterUpdate(matrix, tf.tensor2d([...ids], [ids.length, 1], "int32"), values),
  );
}

/** @throws EngineError EASEL_ENGINE_ADAPTER for ids that are repeated or outside of the matrix, or an empty list */
export function checkTokenIds(path: string, ids: readonly number[], rows: number): void {
  const wrong = ids.find((id, at) => !Number.isInteger(id) || id < 0 || id >= rows || ids.indexOf(id) !== at);
  if (wrong === undefined && ids.length > 0) return;
  const reason = wrong === undefined ? "none at all" : `${wrong}, which is repeated or outside of it`;
  throw new EngineError(
    "EASEL_ENGINE_ADAPTER",
    `Rows of tokens were asked for in ${path}.weight, which has ${rows} rows: ${reason}. Name each token's id once.`,
  );
}

// Rows of (alpha / rank) B A.
function pairRows(adapter: Adapter, pair: AdapterPair, ids: readonly number[]): tf.Tensor {
  return tf.mul(tf.matMul(tf.gather(pair.b, [...ids]), pair.a), adapterScale(adapter));
}

// The rows of both, those of `over` where both have a token.
function laid(over: TokenRows, under: TokenRows): TokenRows {
  const left = under.ids.flatMap((id, place) => (over.ids.includes(id) ? [] : [{ id, place }]));
  if (left.length === 0) return over;
  const places = left.map(({ place }) => place);
  return {
    ids: [...over.ids, ...left.map(({ id }) => id)],
    values: tf.concat([over.values, tf.gather(under.values, places)], 0),
  };
}

type Run = { readonly id: number; readonly place: number; readonly count: number };

// Ids that follow each other, in ascending order: a checkpoint's added tokens are mostly one run.
function runsOf(ids: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  const ordered = [...ids.entries()].sort(([, x], [, y]) => x - y);
  for (const [place, id] of ordered) {
    const last = runs.at(-1);
    if (last !== undefined && last.id + last.count === id && last.place + last.count === place) {
      runs[runs.length - 1] = { ...last, count: last.count + 1 };
    } else {
      runs.push({ id, place, count: 1 });
    }
  }
  return runs;
}
