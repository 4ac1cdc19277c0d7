// From a JavaScript function and its arguments to a plan: runs the function once on tensors without values.

import { dtypeNumber, TF } from "../dtypes.js";
import { EngineError } from "../errors.js";
import { withoutRandomness } from "../randomness-guard.js";
import type { TensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { defineDonating } from "./donation.js";
import { functionName } from "./function-name.js";
import { callAttributes, feeds, type Plan } from "./plan.js";
import type { Precision } from "./product-precision.js";
import { TensorSpec } from "./tensor-spec.js";
import { flatten, type Leaf, type Tree, unflatten } from "./tensor-tree.js";
import { type CompileMode, Trace } from "./trace.js";
import { withTrace } from "./trace-state.js";
import { type NewVariable, VariableSwap } from "./variable-swap.js";

export type TraceRequest = {
  readonly backend: TensorflowBackend;
  readonly fn: (...args: readonly unknown[]) => unknown;
  readonly name: string;
  readonly key: string;
  readonly compile: CompileMode;
  readonly precision: Precision;
  /** Variables that are assigned give their memory to the call. */
  readonly donate: boolean;
  readonly args: Tree;
  readonly leaves: readonly Leaf[];
};

/** @throws EngineError when the function does what a trace cannot hold (docs/engine.md) */
export function traceFunction(request: TraceRequest): Plan {
  const plan = traceOnce(request);
  if (plan !== null) return plan;
  // The first run made variables (an optimiser's state): they exist now, and the second run finds them.
  const again = traceOnce(request);
  if (again !== null) return again;
  throw new EngineError(
    "EASEL_ENGINE_VARIABLE_IN_TRACE",
    `${request.name} makes new variables every time it runs. Make them once, outside the jitted function.`,
  );
}

/** Null when the function made variables, which then hold their initial values. */
function traceOnce(request: TraceRequest): Plan | null {
  const { backend, name, compile, precision } = request;
  const started = performance.now();
  const trace = new Trace(backend.addon, name, { key: request.key, compile, precision });
  const swap = new VariableSwap();
  let plan: Plan | null = null;
  try {
    tf.tidy(() => {
      try {
        swap.swapIn(backend, trace);
        const result = withTrace(trace, () => withoutRandomness(() => swap.watch(() => run(request, trace))));
        plan = swap.created.length > 0 ? null : finish(request, trace, swap, result, started);
        if (plan === null) initialise(request, trace, swap);
      } finally {
        swap.restore();
      }
    });
  } finally {
    trace.dispose((plan as Plan | null)?.inputs);
  }
  return plan;
}

function run(request: TraceRequest, trace: Trace): unknown {
  const { backend, leaves } = request;
  const stands = leaves.map((leaf, index) => {
    const dtype = leaf instanceof TensorSpec ? dtypeNumber(leaf.dtype) : backend.dataOf(leaf.dataId).dtype;
    return backend.tracedTensor(trace, trace.placeholder(dtype, leaf.shape, { kind: "argument", index }));
  });
  const result = request.fn(...(unflatten(request.args, stands) as unknown[]));
  if (result instanceof Promise) {
    throw new EngineError(
      "EASEL_ENGINE_ASYNC_FUNCTION",
      `${request.name} is async: a jitted function must return its tensors at once.`,
    );
  }
  return result;
}

function finish(
  request: TraceRequest,
  trace: Trace,
  swap: VariableSwap,
  result: unknown,
  started: number,
): Plan {
  const { backend, key, compile } = request;
  const tensors: Leaf[] = [];
  const tree = flatten(resultOf(result), tensors, "the result");
  const assigned = swap.assigned();
  const held = (tensor: tf.Tensor): number => trace.valueOf(backend.dataOf(tensor.dataId));
  const outputs = [
    ...(tensors as tf.Tensor[]).map((tensor) => trace.wide(held(tensor))),
    // A variable stored in bfloat16 stays so: the next call feeds it to the same placeholder.
    ...assigned.map(({ variable, dtype }) =>
      dtype === TF.BFLOAT16 ? trace.half(held(variable)) : trace.wide(held(variable)),
    ),
  ];
  const name = functionName(request.name, key);
  const defined = trace.define(name, outputs);
  const { inputs, operations } = defined;
  const read = inputs.flatMap(({ source }) =>
    source.kind === "variable" ? [source.variable as tf.Variable] : [],
  );
  const outer = request.donate && assigned.length > 0 ? functionName(`${request.name}_donating`, key) : null;
  const donating =
    outer === null
      ? { inputs, donated: [] }
      : defineDonating(
          backend.addon,
          outer,
          { ...defined, name },
          assigned.map(({ variable, dtype }) => ({ variable, dtype, shape: variable.shape })),
          tensors.length,
        );
  return {
    ...donating,
    name: outer ?? name,
    key,
    compile,
    result: tree,
    results: tensors.length,
    assigned: assigned.map(({ variable }) => variable),
    variables: [...new Set([...read, ...assigned.map(({ variable }) => variable)])],
    operations,
    functions: [...(outer === null ? [] : [outer]), name, ...trace.functions],
    traceMs: performance.now() - started,
  };
}

// A variable among the results means its value.
function resultOf(result: unknown): unknown {
  return result instanceof tf.Variable ? result.clone() : result;
}

/** Computes what new variables start with, as a function of its own: they may depend on the arguments. */
function initialise(request: TraceRequest, trace: Trace, swap: VariableSwap): void {
  const { backend, leaves, key } = request;
  if (leaves.some((leaf) => leaf instanceof TensorSpec)) {
    for (const { variable } of swap.created) variable.dispose();
    throw new EngineError(
      "EASEL_ENGINE_VARIABLE_IN_TRACE",
      `${request.name} makes variables when it first runs, so it cannot be traced from shapes alone. Make them ` +
        "before, or call it once with tensors.",
    );
  }
  const created: readonly NewVariable[] = swap.created;
  const outputs = created.map(({ initial }) => trace.wide(trace.valueOf(backend.dataOf(initial.dataId))));
  const name = functionName(`${request.name}_init`, key);
  const { inputs, operations } = trace.define(name, outputs);
  swap.restore();
  const tree: Tree = { kind: "list", items: [] };
  const plan: Plan = {
    name,
    key,
    compile: "graph",
    inputs,
    result: tree,
    results: outputs.length,
    assigned: [],
    variables: [],
    donated: [],
    operations,
    functions: [name],
    traceMs: 0,
  };
  const handles = feeds(backend, plan, leaves);
  const values = backend.addon.executeOp(name, callAttributes(backend, plan), handles, outputs.length);
  created.forEach(({ variable, initial }, i) => {
    const value = backend.createOutputTensor(values[i] as (typeof values)[number]);
    variable.assign(value);
    value.dispose();
    initial.dispose();
  });
  backend.addon.removeFunction(name);
}
