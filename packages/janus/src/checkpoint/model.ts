// A Janus model in memory: sizes, weights and tokenizer. How it computes is in decoder, sampler and vq.
import { fromTensor, type HostTensor, type Params, placeTensor, tf } from "@easel/engine";
import type { JanusConfig } from "../config.js";
import type { JanusTokenizer } from "../tokenizer/janus-tokenizer.js";

/** A model in memory. */
export type JanusModel = {
  readonly config: JanusConfig;
  /**
   * Weights under original-layout names, in stored layout, as float32 (or as if: see `keepHalf` of `loadJanus`);
   * trainable ones are `tf.Variable`s.
   */
  readonly params: Params;
  readonly tokenizer: JanusTokenizer;
};

/** Decides by weight name which weights are trained. */
export type TrainableRule = (name: string) => boolean;

/** Moves one stored weight to the backend; its bytes may be overwritten then. The caller disposes the tensor. */
export function placeWeight(
  stored: HostTensor,
  trainable: boolean,
  options: { readonly keepHalf?: boolean } = {},
): tf.Tensor {
  // The tidy frees the intermediate tensor; variables outlive it.
  return trainable ? tf.tidy(() => tf.variable(placeTensor(stored))) : placeTensor(stored, options);
}

/** Moves host weights to the backend; none is trainable by default. */
export function placeWeights(
  weights: ReadonlyMap<string, HostTensor>,
  trainable: TrainableRule = () => false,
): Params {
  const placed = [...weights].map(([name, stored]) => [name, placeWeight(stored, trainable(name))] as const);
  return { weights: Object.fromEntries(placed) };
}

/** Reads all weights back to host memory as float32, without adapters. */
export async function hostWeights(params: Params): Promise<Map<string, HostTensor>> {
  const weights = new Map<string, HostTensor>();
  for (const [name, tensor] of Object.entries(params.weights)) weights.set(name, await fromTensor(tensor));
  return weights;
}

/** Frees the weights of a model; its adapters belong to whoever made them. */
export function disposeWeights(params: Params): void {
  for (const tensor of Object.values(params.weights)) tensor.dispose();
}
