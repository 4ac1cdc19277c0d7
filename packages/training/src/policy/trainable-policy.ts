// Which tensors RL moves, and what the reference policy is: all weights of the decoder and its image parts, or a LoRA
// adapter over its linear layers. The reference is always the policy at RL step 0.
import { adapterVariables, createAdapter, type Params, type TrainableAdapter, tf } from "@easel/engine";
import { adapterLayerPaths, type JanusModel, layoutTokenRows } from "@easel/janus";
import type { Random } from "@easel/shapeworld";
import { TrainingError } from "../errors.js";

/** What RL trains. */
export type PolicyMode =
  | { readonly kind: "full" }
  | {
      readonly kind: "lora";
      readonly rank: number;
      readonly alpha: number;
      /** Last parts of the layer paths under `language_model` to adapt, e.g. `q_proj`. */
      readonly targets: readonly string[];
      /** Adapts the image head as well; false when left out. */
      readonly imageHead?: boolean;
      /** Adapts the layers that turn image codes into inputs as well; false when left out. */
      readonly imageAligner?: boolean;
      /** Trains the four layout tokens' rows of the embedding and of the head as well; false when left out. */
      readonly tokenRows?: boolean;
    };

/** The policy, what moves in it, and its reference. */
export type TrainablePolicy = {
  readonly kind: PolicyMode["kind"];
  readonly params: Params;
  readonly reference: Params;
  /** Variables by stable name: weight names, or what `adapterVariables` calls the parts of an adapter. */
  readonly trained: Readonly<Record<string, tf.Variable>>;
  /** Present in LoRA mode. */
  readonly adapter?: TrainableAdapter;
};

/** Whether a weight belongs to the policy: everything that sampling uses but the picture codec. */
export function isPolicyWeight(name: string): boolean {
  return !name.startsWith("gen_vision_model.");
}

/**
 * Every weight that a full policy moves, by name.
 *
 * @throws TrainingError `EASEL_TRAINING_NOT_TRAINABLE`
 */
export function policyWeights(params: Params): Readonly<Record<string, tf.Variable>> {
  const trained: Record<string, tf.Variable> = {};
  for (const [name, tensor] of Object.entries(params.weights)) {
    if (!isPolicyWeight(name)) continue;
    if (!(tensor instanceof tf.Variable)) {
      throw new TrainingError(
        "EASEL_TRAINING_NOT_TRAINABLE",
        `The weight "${name}" was loaded as a constant. Load the model with isPolicyWeight as its trainable rule.`,
      );
    }
    trained[name] = tensor;
  }
  return trained;
}

/**
 * Makes a policy trainable.
 *
 * @param model in `full` mode loaded with {@link isPolicyWeight} as its trainable rule
 * @param random initialises the adapter; unused in `full` mode
 */
export function trainablePolicy(model: JanusModel, mode: PolicyMode, random: Random): TrainablePolicy {
  const { params } = model;
  if (mode.kind === "lora") {
    const { rank, alpha } = mode;
    const paths = adapterLayerPaths(params, mode);
    const tokenRows = mode.tokenRows === true ? layoutTokenRows(model.tokenizer) : {};
    const adapter = createAdapter({ paths, params, rank, alpha, random, tokenRows });
    return {
      kind: "lora",
      params: { weights: params.weights, adapters: [...(params.adapters ?? []), adapter] },
      reference: params,
      trained: adapterVariables(adapter),
      adapter,
    };
  }
  const trained = policyWeights(params);
  // Moved by the optimizer in place, so the reference needs values of its own.
  const reference = Object.fromEntries(
    Object.entries(trained).map(([name, weight]) => [name, tf.add(weight, 0)]),
  );
  return { kind: "full", params, reference: { weights: reference }, trained };
}
