// A checkpoint as a trainable policy: what the learner and every rollout worker start from.
import { type JanusModel, loadJanus } from "@easel/janus";
import { randomFrom } from "@easel/shapeworld";
import {
  isPolicyWeight,
  type PolicyMode,
  type TrainablePolicy,
  trainablePolicy,
} from "./trainable-policy.js";

/** What a run computes with: nothing in it encodes pictures, and the understanding tower is never loaded. */
const parts = ["language", "image", "vq-decoder"] as const;

/** Settings of an adapter, or null to train every weight of the policy. */
export type AdapterSettings = Omit<Extract<PolicyMode, { kind: "lora" }>, "kind"> | null;

/** How frozen weights lie in memory; `bfloat16` keeps those that the checkpoint stores so. */
export type WeightStorage = "float32" | "bfloat16";

/**
 * Loads a checkpoint with what the mode trains as variables.
 *
 * @param seed initialises an adapter; the same seed gives the same policy in every process of a run
 * @param weights changes no result; variables are float32 either way
 * @throws JanusError as `loadJanus`; TrainingError as `trainablePolicy`
 */
export async function loadPolicy(
  checkpoint: string,
  adapter: AdapterSettings,
  seed: number,
  weights: WeightStorage = "float32",
): Promise<{ readonly model: JanusModel; readonly policy: TrainablePolicy }> {
  const mode: PolicyMode = adapter === null ? { kind: "full" } : { kind: "lora", ...adapter };
  const model = await loadJanus(checkpoint, {
    parts,
    keepHalf: weights === "bfloat16",
    ...(mode.kind === "full" ? { trainable: isPolicyWeight } : {}),
  });
  return { model, policy: trainablePolicy(model, mode, randomFrom(seed)) };
}
