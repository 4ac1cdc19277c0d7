// Embedding rows and head rows that adapters have in place of the stored ones, for a few tokens. The rest of the matrix
// is never copied, and gets no gradient.

import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import { adapterScale, type Params, type TokenRows } from "./params.js";
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
  for (const { ids: own, values } of tokenRowsOf(p, path)) {
    for (const [place, id] of own.entries()) {
      const isToken = tf.equal(tokens, tf.scalar(id, "int32")).expandDims(-1);
      rows = tf.where(isToken, tf.slice(values, [place, 0], [1, -1]).reshape([-1]), rows);
    }
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
  if (bias !== undefined) outputs = tf.add(outputs, tf.gather(bias, tf.tensor1d([...own.ids], "int32")));
  const [, width = 0] = y.shape;
  const pieces: tf.Tensor[] = [];
  const take = (from: tf.Tensor, begin: number, end: number): void => {
    if (end > begin) pieces.push(tf.slice(from, [0, begin], [-1, end - begin]));
  };
  let next = 0;
  for (const { id, place, count } of runsOf(own.ids)) {
    take(y, next, id);
    take(outputs, place, place + count);
    next = id + count;
  }
  take(y, next, width);
  return tf.concat(pieces, 1);
}

/** The active adapters' own rows for a layer, in the order in which they apply: later ones win. */
export function tokenRowsOf(p: Params, path: string): readonly TokenRows[] {
  return (p.adapters ?? []).flatMap((adapter) => adapter.tokenRows?.[path] ?? []);
}

/**
 * What the active adapters make of some rows of `${path}.weight`, low-rank pairs included: `[ids, width]`. New token
 * rows start from it, so that they change nothing yet.
 */
export function currentRows(p: Params, path: string, ids: readonly number[]): tf.Tensor {
  return tf.tidy(() => {
    const at = tf.tensor1d([...ids], "int32");
    let rows: tf.Tensor = tf.gather(weight(p, `${path}.weight`), at);
    for (const adapter of p.adapters ?? []) {
      const pair = adapter.pairs[path];
      if (pair !== undefined) {
        rows = tf.add(rows, tf.mul(tf.matMul(tf.gather(pair.b, at), pair.a), adapterScale(adapter)));
      }
      const own = adapter.tokenRows?.[path];
      if (own === undefined) continue;
      const known = ids.flatMap((id, to) => {
        const from = own.ids.indexOf(id);
        return from < 0 ? [] : [{ from, to }];
      });
      if (known.length === 0) continue;
      const values = tf.gather(
        own.values,
        known.map(({ from }) => from),
      );
      rows = withRowsReplaced(
        rows,
        known.map(({ to }) => to),
        values,
      );
    }
    return rows;
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
