// The key-value cache of the sampler: the prompts' part, computed once for the streams that continue a prompt, and each
// stream's own, one slot a step, equal for all. The own part grows by whole segments; a slot is written in place. Knows nothing of
// tokens.
import {
  cachedAttention,
  dynamicUpdateSlice,
  type PrefixUse,
  type SharedPrefix,
  sharePrefix,
  tf,
} from "@easel/engine";
import type { LanguageConfig } from "../config.js";
import type { Attend } from "../decoder/attention.js";

/** Keys and values of each layer, `[prompts or streams, kvHeads, slots, headDim]`. */
export type KvCache = { readonly keys: readonly tf.Tensor[]; readonly values: readonly tf.Tensor[] };

/** Its tensors, to be freed. */
export function cacheTensors({ keys, values }: KvCache): tf.Tensor[] {
  return [...keys, ...values];
}

/** A whole prompt's keys or values `[rows, seq, kvHeads, headDim]` in the cache's layout. */
export function toCacheLayout(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 2, 1, 3]);
}

/** The cache of streams that have not stepped yet. */
export function emptyCache({ layers, kvHeads, headDim }: LanguageConfig, streams: number): KvCache {
  const none = (): tf.Tensor[] =>
    Array.from({ length: layers }, () => tf.zeros([streams, kvHeads, 0, headDim]));
  return { keys: none(), values: none() };
}

/** Appends empty slots up to `slots`. */
export function growCache(cache: KvCache, slots: number): KvCache {
  const grow = (x: tf.Tensor): tf.Tensor => {
    const [rows = 0, heads = 0, have = 0, dim = 0] = x.shape;
    if (have >= slots) return x;
    const empty = tf.zeros([rows, heads, slots - have, dim]);
    return have === 0 ? empty : tf.concat([x, empty], 2);
  };
  return { keys: cache.keys.map(grow), values: cache.values.map(grow) };
}

/** The prompts' part of every layer, ready to be attended to. */
export function sharedPrompts(prompts: KvCache, use: PrefixUse): readonly SharedPrefix[] {
  return prompts.keys.map((keys, layer) =>
    sharePrefix({ keys, values: prompts.values[layer] as tf.Tensor }, use),
  );
}

/** Attention of one new token a row over the cache, which it also extends. */
export type ExtendingAttention = {
  readonly attend: Attend;
  /** The cache with the new slot of every layer that has attended. */
  readonly cache: () => KvCache;
};

/**
 * @param cache what is each stream's own
 * @param slot int32 scalar: where the new token's keys and values go, and the last own slot that is seen
 */
export function extendingAttention(
  config: LanguageConfig,
  cache: KvCache,
  slot: tf.Tensor,
  prompts: readonly SharedPrefix[],
): ExtendingAttention {
  const keys = [...cache.keys];
  const values = [...cache.values];
  const zero = tf.zeros([1], "int32");
  const starts = tf.concat([zero, zero, tf.reshape(slot, [1]), zero]);
  const share = config.heads / config.kvHeads;
  const scale = 1 / Math.sqrt(config.headDim);
  const attend: Attend = (layer, q, k, v) => {
    const rows = q.shape[0] ?? 0;
    const one = [rows, config.kvHeads, 1, config.headDim];
    const own = {
      keys: dynamicUpdateSlice(keys[layer] as tf.Tensor, tf.reshape(k, one), starts),
      values: dynamicUpdateSlice(values[layer] as tf.Tensor, tf.reshape(v, one), starts),
    };
    keys[layer] = own.keys;
    values[layer] = own.values;
    const queries = tf.reshape(tf.mul(q, scale), [rows, config.kvHeads, share, config.headDim]);
    return tf.reshape(cachedAttention(queries, own, slot, prompts[layer] as SharedPrefix), q.shape);
  };
  return { attend, cache: () => ({ keys, values }) };
}
