// The weights of a model and the adapters that lie over them. Holds tensors; computes nothing.

import type { tf } from "../tf.js";
import type { AdapterDropout } from "./adapter-dropout.js";

/** One low-rank update of a linear layer: W + (alpha / rank) B A. */
export type AdapterPair = {
  /** `[rank, in]` */
  readonly a: tf.Tensor;
  /** `[out, rank]` */
  readonly b: tf.Tensor;
};

/**
 * Rows of an embedding or of a head that an adapter has in place of the stored ones, one a token. They are the rows
 * themselves, not differences, as in the PEFT library (which nevertheless calls them `trainable_tokens_delta`).
 */
export type TokenRows = {
  /** Token ids, each once. */
  readonly ids: readonly number[];
  /** `[ids, width]`, in the order of `ids`. */
  readonly values: tf.Tensor;
};

/**
 * A LoRA adapter. Pairs are keyed by layer path, e.g. `language_model.model.layers.0.self_attn.q_proj`, and token rows
 * likewise, e.g. `language_model.lm_head`. A path has one or the other.
 */
export type Adapter = {
  readonly rank: number;
  readonly alpha: number;
  readonly pairs: Readonly<Record<string, AdapterPair>>;
  readonly tokenRows?: Readonly<Record<string, TokenRows>>;
  /** In a training pass that has it: what the pairs read is thinned out. Never in files, and not where weights are merged. */
  readonly dropout?: AdapterDropout;
};

/** An adapter whose matrices and rows are variables, so that an optimiser can train it. */
export type TrainableAdapter = Adapter & {
  readonly pairs: Readonly<Record<string, { readonly a: tf.Variable; readonly b: tf.Variable }>>;
  readonly tokenRows?: Readonly<Record<string, TokenRows & { readonly values: tf.Variable }>>;
};

/**
 * A model's parameters. `weights` is keyed by the names of the original checkpoint layout and keeps its shapes:
 * `[out, in]` for linear layers, OIHW for convolutions. What is trained is a `tf.Variable`.
 * The adapters that are listed are active, each over those before it: leave one out to compute without it (e.g. the
 * reference policy). Params that share `weights` share the base: switching adapters copies nothing.
 */
export type Params = {
  readonly weights: Readonly<Record<string, tf.Tensor>>;
  readonly adapters?: readonly Adapter[];
};

/** The factor on an adapter's product B A. */
export function adapterScale(adapter: Adapter): number {
  return adapter.alpha / adapter.rank;
}
