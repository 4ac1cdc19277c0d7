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

/**
 * Loads a checkpoint with what the mode trains as variables.
 *
 * @param seed initialises an adapter; the same seed gives the same policy in every process of a run
 */
export async function loadPolicy(
  checkpoint: string,
  adapter: AdapterSettings,
  seed: number,
): Promise<{ readonly model: JanusModel; readonly policy: TrainablePolicy }> {
  const mode: PolicyMode = adapter === null ? { kind: "full" } : { kind: "lora", ...adapter };
  const model = await loadJanus(checkpoint, {
    parts,
    ...(mode.kind === "full" ? { trainable: isPolicyWeight } : {}),
  });
  return { model, policy: trainablePolicy(model, mode, randomFrom(seed)) };
}
