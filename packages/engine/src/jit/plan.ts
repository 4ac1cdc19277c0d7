// A traced function, ready to be called: where its inputs come from and what becomes of its outputs.
import type { OpAttribute } from "../addon.js";
import type { TensorflowBackend } from "../tensorflow-backend.js";
import type { tf } from "../tf.js";
import type { Resource } from "./donation.js";
import { type Leaf, type Tree, unflatten } from "./tensor-tree.js";
import type { CompileMode, InputSource } from "./trace.js";

export type Plan = {
  readonly name: string;
  readonly key: string;
  readonly compile: CompileMode;
  readonly inputs: readonly { readonly source: InputSource }[];
  /** The result's structure; tensor leaf i is output i. */
  readonly result: Tree;
  readonly results: number;
  /** Variable i takes output `results + i`. */
  readonly assigned: readonly tf.Variable[];
  /** Every variable read or assigned. */
  readonly variables: readonly tf.Variable[];
  readonly operations: readonly (readonly [type: string, count: number])[];
  /** For each assigned variable, what lends its memory to a call; empty when none does. */
  readonly donated: readonly Resource[];
  /** Functions defined for it, its own included. */
  readonly functions: readonly string[];
  readonly traceMs: number;
};

/** The handles to feed, in the order of the function's inputs. */
export function feeds(backend: TensorflowBackend, plan: Plan, leaves: readonly Leaf[]): number[] {
  return plan.inputs.map(({ source }) => handleFor(backend, source, leaves));
}

function handleFor(backend: TensorflowBackend, source: InputSource, leaves: readonly Leaf[]): number {
  switch (source.kind) {
    case "argument":
      return backend.handleOf(leaves[source.index] as tf.Tensor);
    case "variable":
      return backend.handleOf(source.variable as tf.Variable);
    case "captured":
      return source.handle;
    case "outer":
      throw new Error("a loop body is never called by itself");
  }
}

export function callAttributes(backend: TensorflowBackend, plan: Plan): OpAttribute[] {
  if (plan.compile === "graph") return [];
  return [{ name: "_XlaMustCompile", type: backend.addon.TF_ATTR_BOOL, value: true }];
}

/** How many tensors an execution gives. */
export function outputsOf(plan: Plan): number {
  return plan.results + (plan.donated.length > 0 ? 0 : plan.assigned.length);
}

/** Assigns the variables and puts the result together. */
export function settle(plan: Plan, outputs: readonly tf.Tensor[]): unknown {
  plan.assigned.forEach((variable, i) => {
    const value = outputs[plan.results + i] as tf.Tensor;
    variable.assign(value);
    value.dispose();
  });
  return unflatten(plan.result, outputs.slice(0, plan.results));
}

export function disposePlan(backend: TensorflowBackend, plan: Plan): void {
  for (const name of plan.functions) backend.addon.removeFunction(name);
  for (const { source } of plan.inputs) {
    if (source.kind === "captured") backend.addon.deleteTensor(source.handle);
  }
}
