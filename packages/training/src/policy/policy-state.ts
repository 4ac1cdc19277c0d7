// What of a policy goes on the wire and into checkpoints: its trained tensors and the optimizer's state, as
// safetensors. Neither the reference nor the codec is in it; both come from the starting checkpoint.
import { join } from "node:path";
import {
  assignVariables,
  decodeSafetensors,
  encodeSafetensors,
  type HostTensor,
  isStoredHalf,
  loadVariables,
  type Optimizer,
  saveVariables,
  type tf,
  variablesToHost,
} from "@easel/engine";
import { digestOf } from "@easel/janus";
import { TrainingError } from "../errors.js";
import { fileDigest } from "../file-digest.js";
import type { TrainablePolicy } from "./trainable-policy.js";
import type { WeightFiles } from "./types.js";

/** The one file of a weights announcement, and of the trained tensors in a checkpoint. */
export const policyFile = "policy.safetensors";
const optimizerFile = "optimizer.safetensors";

/** The trained tensors as one file with their digest. */
export async function exportPolicy(policy: TrainablePolicy): Promise<WeightFiles> {
  const tensors = await variablesToHost(policy.trained);
  return {
    digest: digestOf(tensors),
    kind: policy.kind,
    files: new Map([[policyFile, encodeSafetensors(tensors)]]),
  };
}

/**
 * Reads announced weights, checks that they are what the digest says, and puts them into variables.
 *
 * @throws TrainingError `EASEL_TRAINING_WEIGHTS_DIGEST` (retryable), `EASEL_TRAINING_HALF_POLICY`; EngineError
 *   `EASEL_ENGINE_STATE_MISMATCH`
 */
export function importPolicy(variables: Readonly<Record<string, tf.Variable>>, weights: WeightFiles): void {
  refuseHalf(variables);
  const bytes = weights.files.get(policyFile);
  const tensors =
    bytes === undefined ? new Map<string, HostTensor>() : decodeSafetensors(bytes, policyFile).tensors;
  const found = digestOf(tensors);
  if (found !== weights.digest) {
    throw new TrainingError(
      "EASEL_TRAINING_WEIGHTS_DIGEST",
      `The announced weights ${weights.digest} arrived as ${found}. Fetch them again; if it repeats, the stored blob is damaged.`,
      { retryable: true },
    );
  }
  assignVariables(variables, tensors);
}

/** Writes both files into an existing folder; returns their sha256 by name. */
export async function savePolicyState(
  folder: string,
  policy: TrainablePolicy,
  optimizer: Optimizer,
): Promise<Readonly<Record<string, string>>> {
  await saveVariables(join(folder, policyFile), policy.trained);
  await saveVariables(join(folder, optimizerFile), optimizer.state);
  const digests: Record<string, string> = {};
  for (const file of [policyFile, optimizerFile]) digests[file] = await fileDigest(join(folder, file));
  return digests;
}

/** Restores what {@link savePolicyState} wrote. */
export async function loadPolicyState(
  folder: string,
  policy: TrainablePolicy,
  optimizer: Optimizer,
): Promise<void> {
  refuseHalf(policy.trained);
  await loadVariables(join(folder, policyFile), policy.trained);
  await loadVariables(join(folder, optimizerFile), optimizer.state);
}

/**
 * An update may be smaller than what half precision tells apart. Rounded into the weights, samples would come from another
 * policy than the one that the learner's log-probs are of.
 */
function refuseHalf(variables: Readonly<Record<string, tf.Variable>>): void {
  const half = Object.entries(variables).find(([, variable]) => isStoredHalf(variable))?.[0];
  if (half === undefined) return;
  throw new TrainingError(
    "EASEL_TRAINING_HALF_POLICY",
    `${half} is stored in bfloat16, and an update put into it would be rounded. Keep trained weights in float32; frozen ones ` +
      "beneath an adapter may stay in half precision.",
  );
}
