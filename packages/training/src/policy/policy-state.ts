// What of a policy goes on the wire and into checkpoints: its trained tensors and the optimizer's state, as
// safetensors. Neither the reference nor the codec is in it; both come from the starting checkpoint.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  decodeSafetensors,
  encodeSafetensors,
  fromTensor,
  type HostTensor,
  type Optimizer,
  readSafetensors,
  tf,
  toTensor,
  writeSafetensors,
} from "@easel/engine";
import { digestOf } from "@easel/janus";
import { TrainingError } from "../errors.js";
import type { TrainablePolicy } from "./trainable-policy.js";
import type { WeightFiles } from "./types.js";

/** The one file of a weights announcement, and of the trained tensors in a checkpoint. */
export const policyFile = "policy.safetensors";
const optimizerFile = "optimizer.safetensors";

type Variables = Readonly<Record<string, tf.Variable>>;

async function hostOf(variables: Variables): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, variable] of Object.entries(variables)) tensors.set(name, await fromTensor(variable));
  return tensors;
}

/** The trained tensors as one file with their digest. */
export async function exportPolicy(policy: TrainablePolicy): Promise<WeightFiles> {
  const tensors = await hostOf(policy.trained);
  return {
    digest: digestOf(tensors),
    kind: policy.kind,
    files: new Map([[policyFile, encodeSafetensors(tensors)]]),
  };
}

/**
 * Puts stored values into variables of the same names and shapes. All are checked before the first one changes.
 *
 * @throws TrainingError `EASEL_TRAINING_STATE_MISMATCH` naming the first difference
 */
export function assignAll(
  variables: Variables,
  tensors: ReadonlyMap<string, HostTensor>,
  source: string,
): void {
  const names = Object.keys(variables);
  const extra = [...tensors.keys()].find((name) => variables[name] === undefined);
  const wrong = names.find((name) => tensors.get(name)?.shape.join() !== variables[name]?.shape.join());
  if (extra !== undefined || wrong !== undefined) {
    throw new TrainingError(
      "EASEL_TRAINING_STATE_MISMATCH",
      `${source} does not fit the model: ${extra ?? wrong} is ${extra === undefined ? "missing or misshaped" : "unknown"}. ` +
        "Use the settings and the starting checkpoint that wrote it.",
    );
  }
  tf.tidy(() => {
    for (const name of names) variables[name]?.assign(toTensor(tensors.get(name) as HostTensor));
  });
}

/**
 * Reads announced weights, checks that they are what the digest says, and puts them into variables.
 *
 * @throws TrainingError `EASEL_TRAINING_WEIGHTS_DIGEST` (retryable) or `EASEL_TRAINING_STATE_MISMATCH`
 */
export function importPolicy(variables: Variables, weights: WeightFiles): void {
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
  assignAll(variables, tensors, "the announced weights");
}

/** Writes both files into an existing folder; returns their sha256 by name. */
export async function savePolicyState(
  folder: string,
  policy: TrainablePolicy,
  optimizer: Optimizer,
): Promise<Readonly<Record<string, string>>> {
  await writeSafetensors(join(folder, policyFile), await hostOf(policy.trained));
  await writeSafetensors(join(folder, optimizerFile), await hostOf(optimizer.state));
  const digests: Record<string, string> = {};
  for (const file of [policyFile, optimizerFile]) {
    digests[file] = createHash("sha256")
      .update(await readFile(join(folder, file)))
      .digest("hex");
  }
  return digests;
}

/** Restores what {@link savePolicyState} wrote. */
export async function loadPolicyState(
  folder: string,
  policy: TrainablePolicy,
  optimizer: Optimizer,
): Promise<void> {
  const [weights, state] = await Promise.all([
    readSafetensors(join(folder, policyFile)),
    readSafetensors(join(folder, optimizerFile)),
  ]);
  assignAll(policy.trained, weights.tensors, join(folder, policyFile));
  assignAll(optimizer.state, state.tensors, join(folder, optimizerFile));
}
