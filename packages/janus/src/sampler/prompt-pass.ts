// The pass over the prompts: each distinct prompt once. Streams that continue one share its cache.
import { type Params, tf } from "@easel/engine";
import type { LanguageConfig } from "../config.js";
import { additiveMask, fullAttention } from "../decoder/attention.js";
import { textEmbedding } from "../decoder/embeddings.js";
import { decoderLayers } from "../decoder/layers.js";
import { rotaryTables } from "../decoder/rotary.js";
import { type KvCache, toCacheLayout } from "./kv-cache.js";

/** Inputs as tensors, int32; see `BatchPlan`. */
export type PromptInputs = {
  readonly promptIds: tf.Tensor;
  readonly promptStarts: tf.Tensor;
  readonly promptOfStream: tf.Tensor;
};

/** What decoding continues from. */
export type PromptState = {
  /** `[streams, hidden]` state at the last prompt token. */
  readonly hidden: tf.Tensor;
  /** Of the prompts, each once, filled up to one a stream: however many prompts a batch has, the decoder sees one shape. */
  readonly prompts: KvCache;
};

/** Visible `[prompts, 1, seq, seq]`: not after the query, and not in the left padding. */
function visible(seq: number, starts: tf.Tensor): tf.Tensor {
  const columns = tf.range(0, seq, 1, "int32");
  const past = tf.lessEqual(tf.reshape(columns, [1, 1, 1, seq]), tf.reshape(columns, [1, 1, seq, 1]));
  const real = tf.greaterEqual(tf.reshape(columns, [1, 1, 1, seq]), tf.reshape(starts, [-1, 1, 1, 1]));
  return tf.logicalAnd(past, real);
}

/** Runs the prompts and hands out their last states to the streams. */
export function promptPass(config: LanguageConfig, params: Params, inputs: PromptInputs): PromptState {
  const seq = inputs.promptIds.shape[1] ?? 0;
  const attend = fullAttention(config, additiveMask(visible(seq, inputs.promptStarts)));
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  const streams = inputs.promptOfStream.shape[0] ?? 0;
  const filledUp = (x: tf.Tensor): tf.Tensor => {
    const missing = streams - (x.shape[0] ?? 0);
    const none = [0, 0] as [number, number];
    return missing > 0 ? tf.pad(x, [[0, missing], none, none, none]) : x;
  };
  const toStreams = (x: tf.Tensor): tf.Tensor => tf.gather(x, inputs.promptOfStream as tf.Tensor1D);
  const columns = tf.range(0, seq, 1, "int32");
  const offsets = tf.sub(tf.reshape(columns, [1, seq]), tf.reshape(inputs.promptStarts, [-1, 1]));
  const rotary = rotaryTables(config, tf.maximum(offsets, tf.scalar(0, "int32")));
  const hidden = decoderLayers(
    config,
    params,
    textEmbedding(params, inputs.promptIds),
    rotary,
    (layer, q, k, v) => {
      keys.push(filledUp(toCacheLayout(k)));
      values.push(filledUp(toCacheLayout(v)));
      return attend(layer, q, k, v);
    },
  );
  const last = tf.slice(hidden, [0, seq - 1, 0], [hidden.shape[0] ?? 0, 1, config.hidden]);
  return {
    hidden: toStreams(tf.reshape(last, [hidden.shape[0] ?? 0, config.hidden])),
    prompts: { keys, values },
  };
}
