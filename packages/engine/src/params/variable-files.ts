// Saves and restores sets of named variables, such as an optimiser's state: as host tensors, or as files of which one tensor
// at a time is in memory.

import { EngineError } from "../errors.js";
import type { HostDtype, HostTensor } from "../safetensors/host-tensor.js";
import { openSafetensors } from "../safetensors/read.js";
import { fromTensor, toTensor } from "../safetensors/tensor-conversion.js";
import { type StreamedTensor, writeSafetensorsStream } from "../safetensors/write.js";
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
  checkSame(variables, saved);
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(variables)) {
      const tensor = saved.get(name);
      if (tensor !== undefined) variable.assign(toTensor(tensor));
    }
  });
}

const dtypes: Readonly<Record<string, HostDtype>> = { float32: "F32", int32: "I32", bool: "BOOL" };

/**
 * Writes the safetensors file that {@link variablesToHost} would give, with one variable in host memory at a time. They
 * must not change meanwhile.
 */
export async function saveVariables(
  path: string,
  variables: Readonly<Record<string, tf.Variable>>,
): Promise<void> {
  const streamed = Object.entries(variables).map(([name, variable]): [string, StreamedTensor] => [
    name,
    {
      dtype: dtypes[variable.dtype] ?? "F32",
      shape: [...variable.shape],
      async *chunks() {
        yield (await fromTensor(variable)).bytes;
      },
    },
  ]);
  await writeSafetensorsStream(path, new Map(streamed));
}

/**
 * Assigns the values of such a file, one at a time. All names and shapes are checked before the first assignment.
 * @throws EngineError EASEL_ENGINE_STATE_MISMATCH, EASEL_ENGINE_SAFETENSORS_* for a damaged file
 */
export async function loadVariables(
  path: string,
  variables: Readonly<Record<string, tf.Variable>>,
): Promise<void> {
  const file = await openSafetensors(path);
  try {
    const { entries } = file.header;
    checkSame(variables, new Map(entries.map((entry) => [entry.name, entry])));
    for (const entry of entries) {
      const tensor = await file.read(entry);
      tf.tidy(() => variables[entry.name]?.assign(toTensor(tensor)));
    }
  } finally {
    await file.close();
  }
}

function checkSame(
  variables: Readonly<Record<string, tf.Variable>>,
  saved: ReadonlyMap<string, { readonly shape: readonly number[] }>,
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
}

function mismatch(reason: string): EngineError {
  return new EngineError(
    "EASEL_ENGINE_STATE_MISMATCH",
    `The saved state does not fit: ${reason}. Resume with the configuration it was saved under.`,
  );
}
