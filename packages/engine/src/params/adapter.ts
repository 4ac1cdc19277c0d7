// Makes and disposes adapters, and names what is trained of them. Merging is in merge.ts, files are in peft-files.ts.

import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import type { Adapter, Params, TrainableAdapter } from "./params.js";
import { checkTokenIds, currentRows } from "./token-rows.js";
import { weight } from "./weight.js";

/** A source of uniform numbers in [0,1). */
export type UniformSource = { next(): number };

/**
 * A fresh adapter over the named linear layers: A uniform in ±1/sqrt(in), B zero, so that it changes nothing yet.
 * (Kaiming-uniform with a = sqrt(5), the initialisation of the PEFT library.) Token rows start as what they are.
 * @param o.paths layer paths, each with a `[out, in]` weight in `o.params`
 * @param o.tokenRows token ids by the path of an embedding or head: those rows are trained whole, all others stay
 * @param o.random draws are taken in the order of `o.paths`, so equal seeds give equal adapters
 * @throws EngineError EASEL_ENGINE_WEIGHT_MISSING, EASEL_ENGINE_ADAPTER when a weight is no matrix or the rank is not positive
 */
export function createAdapter(o: {
  readonly paths: readonly string[];
  readonly params: Params;
  readonly rank: number;
  readonly alpha: number;
  readonly random: UniformSource;
  readonly tokenRows?: Readonly<Record<string, readonly number[]>>;
}): TrainableAdapter {
  if (!Number.isInteger(o.rank) || o.rank < 1) {
    throw new EngineError("EASEL_ENGINE_ADAPTER", `An adapter needs a rank of at least 1, not ${o.rank}.`);
  }
  const shapes = tokenRowShapes(o);
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
  if (shapes.length === 0) return { rank: o.rank, alpha: o.alpha, pairs };
  const rows = shapes.map(([path, ids]) => {
    const values = tf.tidy(() => tf.variable(currentRows(o.params, path, ids)));
    return [path, { ids: [...ids], values }] as const;
  });
  return { rank: o.rank, alpha: o.alpha, pairs, tokenRows: Object.fromEntries(rows) };
}

/**
 * The variables of an adapter by stable name, as optimisers take them: `<path>.lora_A`, `<path>.lora_B`, and
 * `<path>.token_rows.<ids>` with the token ids joined by `_`.
 */
export function adapterVariables(adapter: TrainableAdapter): Record<string, tf.Variable> {
  const variables: Record<string, tf.Variable> = {};
  for (const [path, { a, b }] of Object.entries(adapter.pairs)) {
    variables[`${path}.lora_A`] = a;
    variables[`${path}.lora_B`] = b;
  }
  for (const [path, { ids, values }] of Object.entries(adapter.tokenRows ?? {})) {
    variables[`${path}.token_rows.${ids.join("_")}`] = values;
  }
  return variables;
}

/** What a name made by {@link adapterVariables} stands for, or null for a name of another kind. */
export function parseAdapterVariable(
  name: string,
):
  | { readonly kind: "a" | "b"; readonly path: string }
  | { readonly kind: "tokenRows"; readonly path: string; readonly ids: readonly number[] }
  | null {
  const [, layer, side] = /^(.+)\.lora_([AB])$/.exec(name) ?? [];
  if (layer !== undefined) return { kind: side === "A" ? "a" : "b", path: layer };
  const [, path, list] = /^(.+)\.token_rows\.(\d{1,9}(?:_\d{1,9})*)$/.exec(name) ?? [];
  if (path === undefined || list === undefined) return null;
  return { kind: "tokenRows", path, ids: list.split("_").map(Number) };
}

/** Frees the tensors of an adapter. */
export function disposeAdapter(adapter: Adapter): void {
  for (const { a, b } of Object.values(adapter.pairs)) {
    a.dispose();
    b.dispose();
  }
  for (const { values } of Object.values(adapter.tokenRows ?? {})) values.dispose();
}

type TokenRowShapes = readonly (readonly [path: string, ids: readonly number[]])[];

// Checked before the first tensor is made.
function tokenRowShapes(o: {
  readonly paths: readonly string[];
  readonly params: Params;
  readonly tokenRows?: Readonly<Record<string, readonly number[]>>;
}): TokenRowShapes {
  const wanted = Object.entries(o.tokenRows ?? {});
  for (const [path, ids] of wanted) {
    checkTokenIds(path, ids, matrixShape(o.params, path)[0]);
    if (!o.paths.includes(path)) continue;
    throw new EngineError(
      "EASEL_ENGINE_ADAPTER",
      `${path} would get a low-rank pair and token rows of its own. Leave one of them out.`,
    );
  }
  return wanted;
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
