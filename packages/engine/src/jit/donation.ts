// Functions whose variables give their memory to a call, which writes the next values into it. Under XLA only: TensorFlow
// lets a compiled function write into the buffer of a resource variable that nothing else holds. In graph mode the op that
// makes the next value allocates it while the value before is still held. What a call does with them is in loan.ts.

import type { Addon, GraphAttribute, OpAttribute } from "../addon.js";
import { TF } from "../dtypes.js";
import { native } from "../native-errors.js";
import type { tf } from "../tf.js";
import type { DefinedTrace, InputSource } from "./trace.js";

/** A variable that a function assigns, as TensorFlow stores it. */
export type Assigned = {
  readonly variable: tf.Variable;
  readonly dtype: number;
  readonly shape: readonly number[];
};

/** A resource variable of TensorFlow. It holds a value only while a call is under way. */
export type Resource = { readonly handle: number; readonly dtype: number };

export type Donating = {
  readonly inputs: readonly { readonly source: InputSource }[];
  readonly donated: readonly Resource[];
};

/**
 * Defines `name`: the function `inner` with a resource variable in place of each variable that it assigns, read before
 * and assigned afterwards. `inner` returns `results` tensors and then the variables' next values.
 */
export function defineDonating(
  addon: Addon,
  name: string,
  inner: DefinedTrace & { readonly name: string },
  assigned: readonly Assigned[],
  results: number,
): Donating {
  const graph = addon.newGraph();
  const type = (key: string, value: number): GraphAttribute => attribute(addon.TF_ATTR_TYPE, key, value);
  const add = (op: string, inputs: (number | number[])[], attributes: GraphAttribute[]) =>
    native(() => addon.graphOperation(graph, op, inputs, attributes, []));
  const value = (op: string, inputs: (number | number[])[], attributes: GraphAttribute[]): number =>
    add(op, inputs, attributes).outputs[0]?.value as number;
  const placeholder = (dtype: number, shape: readonly number[]): number =>
    value("Placeholder", [], [type("dtype", dtype), attribute(addon.TF_ATTR_SHAPE, "shape", shape)]);
  try {
    const memories = assigned.map(() => placeholder(TF.RESOURCE, []));
    const others: { readonly value: number; readonly source: InputSource }[] = [];
    const passed = inner.inputs.map(({ source, dtype, shape }) => {
      const at = assigned.findIndex(
        ({ variable }) => source.kind === "variable" && source.variable === variable,
      );
      if (at >= 0) return value("ReadVariableOp", [memories[at] as number], [type("dtype", dtype)]);
      others.push({ value: placeholder(dtype, shape), source });
      return others.at(-1)?.value as number;
    });
    const called = add(
      "StatefulPartitionedCall",
      [passed],
      [
        attribute(addon.TF_ATTR_FUNC, "f", inner.name),
        { ...attribute(addon.TF_ATTR_TYPE, "Tout", inner.dtypes), list: true },
      ],
    );
    const assigns = assigned.map(({ dtype }, i) => {
      const next = called.outputs[results + i]?.value as number;
      return add("AssignVariableOp", [memories[i] as number, next], [type("dtype", dtype)]).operation;
    });
    const given = called.outputs.slice(0, results).map((output) => output.value);
    const inputs = [...memories, ...others.map((other) => other.value)];
    native(() => addon.defineFunction(graph, name, inputs, given, assigns, true));
    const donated = assigned.map((each, i) => newResource(addon, `${name}_${i}`, each));
    const sources = donated.map(({ handle }): InputSource => ({ kind: "captured", handle }));
    return {
      donated,
      inputs: [...sources, ...others.map((other) => other.source)].map((source) => ({ source })),
    };
  } finally {
    addon.deleteGraph(graph);
  }
}

function attribute(type: number, name: string, value: unknown): GraphAttribute {
  return { name, type, value, list: false };
}

function newResource(addon: Addon, name: string, { dtype, shape }: Assigned): Resource {
  const attributes: OpAttribute[] = [
    { name: "dtype", type: addon.TF_ATTR_TYPE, value: dtype },
    { name: "shape", type: addon.TF_ATTR_SHAPE, value: shape },
    { name: "shared_name", type: addon.TF_ATTR_STRING, value: name },
  ];
  const handle = native(() => addon.executeOp("VarHandleOp", attributes, [], 1)[0]?.id);
  return { handle: handle as number, dtype };
}
