// The key-value cache of the sampler: one slot a step, equal for all rows. Grows by whole segments; a slot is written in
// place. Knows nothing of tokens.
import { type CacheWindow, cachedAttention, dynamicUpdateSlice, tf } from "@easel/engine";
import type { LanguageConfig } from "../config.js";
import type { Attend } from "../decoder/attention.js";

/** Keys and values of each layer, `[rows, kvHeads, slots, headDim]`. */
export type KvCache = { readonly keys: readonly tf.Tensor[]; readonly values: readonly tf.Tensor[] };

/** A whole prompt's keys or values `[rows, seq, kvHeads, headDim]` in the cache's layout. */
export function toCacheLayout(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 2, 1, 3]);
}

/** Appends empty slots up to `slots`. */
export function growCache(cache: KvCache, slots: number): KvCache {
  const grow = (x: tf.Tensor): tf.Tensor => {
    const [rows = 0, heads = 0, have = 0, dim = 0] = x.shape;
    return have >= slots ? x : tf.concat([x, tf.zeros([rows, heads, slots - have, dim])], 2);
  };
  return { keys: cache.keys.map(grow), values: cache.values.map(grow) };
}

/** Attention of one new token a row over the cache, which it also extends. */
export type ExtendingAttention = {
  readonly attend: Attend;
  /** The cache with the new slot of every layer that has attended. */
  readonly cache: () => KvCache;
};

/** @param window its last slot is where the new token's keys and values go */
export function extendingAttention(
  config: LanguageConfig,
  cache: KvCache,
  window: CacheWindow,
): ExtendingAttention {
  const keys = [...cache.keys];
  const values = [...cache.values];
  const zero = tf.zeros([1], "int32");
  const starts = tf.concat([zero, zero, tf.reshape(window.last, [1]), zero]);
  const share = config.heads / config.kvHeads;
  const scale = 1 / Math.sqrt(config.headDim);
  const attend: Attend = (layer, q, k, v) => {
    const rows = q.shape[0] ?? 0;
    const one = [rows, config.kvHeads, 1, config.headDim];
    const allKeys = dynamicUpdateSlice(keys[layer] as tf.Tensor, tf.reshape(k, one), starts);
    const allValues = dynamicUpdateSlice(values[layer] as tf.Tensor, tf.reshape(v, one), starts);
    keys[layer] = allKeys;
    values[layer] = allValues;
    const queries = tf.reshape(tf.mul(q, scale), [rows, config.kvHeads, share, config.headDim]);
    return tf.reshape(cachedAttention(queries, allKeys, allValues, window), q.shape);
  };
  return { attend, cache: () => ({ keys, values }) };
}
