// Input embeddings: text ids through embed_tokens, image codes through gen_embed and gen_aligner. gen_embed is a table
// of its own, unrelated to the VQ codebook.
import { embeddingRows, linear, type Params, tf, weight } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import { gelu } from "./gelu.js";

/**
 * @param ids int32 `[...]` in [0, vocabulary)
 * @returns `[..., hidden]`
 */
export function textEmbedding(params: Params, ids: tf.Tensor): tf.Tensor {
  return embeddingRows(params, "language_model.model.embed_tokens", ids);
}

function align(params: Params, x: tf.Tensor): tf.Tensor {
  return linear(params, "gen_aligner.layers.2", gelu(linear(params, "gen_aligner.layers.0", x)));
}

/** The decoder input of every code, `[codes, hidden]`. */
export function alignedTable(params: Params): tf.Tensor {
  return align(params, weight(params, "gen_embed.weight"));
}

/**
 * The decoder input of image codes. Where there are fewer codes than positions the whole table is aligned once and
 * looked up, which is the same function at less work.
 *
 * @param codes int32 `[...]` in [0, codes)
 * @returns `[..., hidden]`
 */
export function imageEmbedding(config: JanusConfig, params: Params, codes: tf.Tensor): tf.Tensor {
  const ids = tf.cast(codes, "int32");
  if (config.image.codes <= ids.size) return tf.gather(alignedTable(params), ids);
  return align(params, tf.gather(weight(params, "gen_embed.weight"), ids));
}
