// What supervised training moves: every weight but the codec's, or an adapter over them. Nothing is kept beside it: there
// is no reference policy here.
import type { JanusModel } from "@easel/janus";
import { randomFrom } from "@easel/shapeworld";
import type { AdapterSettings } from "../policy/load-policy.js";
import { policyWeights, type TrainablePolicy, trainablePolicy } from "../policy/trainable-policy.js";

/** An adapter of supervised training, or null to train every weight. */
export type SupervisedAdapter =
  | (NonNullable<AdapterSettings> & {
      /** Share of what the adapter's pairs read that is left out in training, in [0,1); 0 when left out. */
      readonly dropout?: number;
    })
  | null;

/** The parts of a trainable policy that supervised training needs. */
export type SupervisedModel = Pick<TrainablePolicy, "params" | "trained" | "adapter">;

/**
 * Makes a model trainable.
 *
 * @param model loaded with `isPolicyWeight` as its trainable rule where there is no adapter
 * @param adapter null to train every weight
 * @param seed initialises the adapter
 */
export function supervisedModel(
  model: JanusModel,
  adapter: SupervisedAdapter,
  seed: number,
): SupervisedModel {
  if (adapter !== null) {
    const { dropout: _inTraining, ...mode } = adapter;
    return trainablePolicy(model, { kind: "lora", ...mode }, randomFrom(`sft/${seed}/adapter`));
  }
  return { params: model.params, trained: policyWeights(model.params) };
}
