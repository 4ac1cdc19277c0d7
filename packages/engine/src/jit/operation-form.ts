// From an op call as tfjs's kernels write it (flat inputs, attributes for the eager runtime) to the form that a
// graph operation takes.
import type { GraphAttribute, OpAttribute } from "../addon.js";
import { EngineError } from "../errors.js";
import type { OpDefinition } from "./op-definition.js";

/** Flat input values grouped as the op's definition wants them: a list input is an array. */
export function groupInputs(definition: OpDefinition, values: readonly number[]): (number | number[])[] {
  const lists = definition.inputs.filter((input) => input.list).length;
  const spare = values.length - (definition.inputs.length - lists);
  const listLength = lists === 0 ? 0 : spare / lists;
  if (!Number.isInteger(listLength) || listLength < 0 || (lists === 0 && spare !== 0)) {
    throw new EngineError(
      "EASEL_ENGINE_OP_INPUTS",
      `${definition.name} takes ${definition.inputs.length} inputs (${lists} of them lists), got ${values.length} tensors.`,
    );
  }
  let at = 0;
  return definition.inputs.map((input) => {
    if (!input.list) return values[at++] as number;
    at += listLength;
    return values.slice(at - listLength, at);
  });
}

/**
 * The attributes that the op's definition has and its inputs do not already decide. The rest must go: the
 * graph builder infers types and list lengths from the inputs, and refuses attributes that it does not know.
 */
export function graphAttributes(
  definition: OpDefinition,
  attributes: readonly OpAttribute[],
): GraphAttribute[] {
  const kept: GraphAttribute[] = [];
  for (const attribute of attributes) {
    if (definition.inferred.has(attribute.name)) continue;
    const type = definition.attributes.get(attribute.name);
    if (type === undefined && !attribute.name.startsWith("_")) continue;
    kept.push({ ...attribute, list: type?.startsWith("list(") ?? false });
  }
  return kept;
}
