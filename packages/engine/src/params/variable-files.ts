// Saves and restores sets of named variables, such as an optimiser's state, as host tensors.

import { EngineError } from "../errors.js";
import type { HostTensor } from "../safetensors/host-tensor.js";
import { fromTensor, toTensor } from "../safetensors/tensor-conversion.js";
import { tf } from "../tf.js";

/** Reads variables back into host memory, exactly (F32, I32, BOOL), under the same names. */
export async function variablesToHost(
  variables: Readonly<Record<string, tf.Tensor>>,
): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, variable] of Object.entries(variables)) tensors.set(name, await fromTensor(variable));
  return tensors;
}

/**
 * Assigns saved values to variables. All names and shapes are checked before the first assignment.
 * @throws EngineError EASEL_ENGINE_STATE_MISMATCH when a name is missing on either side or a shape differs
 */
export function assignVariables(
  variables: Readonly<Record<string, tf.Variable>>,
  saved: ReadonlyMap<string, HostTensor>,
): void {
  for (const name of saved.keys()) {
    if (!Object.hasOwn(variables, name)) throw mismatch(`${name} was saved but is not expected`);
  }
  for (const [name, variable] of Object.entries(variables)) {
    const tensor = saved.get(name);
    if (tensor === undefined) throw mismatch(`${name} is expected but was not saved`);
    const isSameShape =
      tensor.shape.length === variable.rank &&
      tensor.shape.every((size, axis) => size === variable.shape[axis]);
    if (!isSameShape) {
      throw mismatch(
        `${name} was saved with shape [${tensor.shape.join(", ")}] but has [${variable.shape.join(", ")}]`,
      );
    }
  }
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(variables)) {
      const tensor = saved.get(name);
      if (tensor !== undefined) variable.assign(toTensor(tensor));
    }
  });
}

function mismatch(reason: string): EngineError {
  return new EngineError(
    "EASEL_ENGINE_STATE_MISMATCH",
    `The saved state does not fit: ${reason}. Resume with the configuration it was saved under.`,
  );
}
