// loop: repeat a step while a condition holds. Inside a jitted function it is one TensorFlow While, whose condition
// and body are functions of their own; elsewhere it is a JavaScript loop.
import { EngineError } from "../errors.js";
import { type TracedValue, tensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { functionName } from "./function-name.js";
import { refuseGradient } from "./gradient-tape.js";
import { flatten, keyOf, type Leaf, type Tree, unflatten } from "./tensor-tree.js";
import type { Trace, TraceInput } from "./trace.js";
import { currentTrace, withTrace } from "./trace-state.js";

export type LoopOptions<S> = {
  /** A tree of tensors; structure, dtypes and shapes stay the same from step to step. */
  readonly state: S;
  /** Whether to take another step: a scalar bool tensor. */
  readonly while: (state: S) => tf.Tensor;
  readonly body: (state: S) => S;
};

/**
 * Repeats `body` while `while` holds. Tensors from outside that the two use stay what they are throughout. No
 * gradient goes through a loop, and its body assigns no variables.
 * @throws EngineError EASEL_ENGINE_LOOP_STATE, EASEL_ENGINE_LOOP_EFFECT, EASEL_ENGINE_NO_GRADIENT
 */
export function loop<S>(options: LoopOptions<S>): S {
  refuseGradient("loop", "Compute the gradient from what the loop returns, outside of it.");
  const trace = currentTrace();
  return trace === null ? loopEagerly(options) : loopTraced(trace, options);
}

function loopEagerly<S>(options: LoopOptions<S>): S {
  const leaves: Leaf[] = [];
  const tree = flatten(options.state, leaves, "the loop's state");
  let current = (leaves as tf.Tensor[]).map((tensor) => tensor.clone());
  for (;;) {
    const state = unflatten(tree, current) as S;
    const again = tf.tidy(() => scalarBool(options.while(state)).dataSync()[0]);
    if (!again) return state;
    const next = tf.tidy(() => nextState(tree, current, options.body(state)).map((tensor) => tensor.clone()));
    tf.dispose(current);
    current = next;
  }
}

function scalarBool(condition: tf.Tensor): tf.Tensor {
  if (condition instanceof tf.Tensor && condition.dtype === "bool" && condition.size === 1) return condition;
  throw new EngineError("EASEL_ENGINE_LOOP_STATE", "A loop's condition must be a scalar bool tensor.");
}

/** The tensors of a body's result, checked against the state it got. */
function nextState(tree: Tree, before: readonly tf.Tensor[], result: unknown): tf.Tensor[] {
  const leaves: Leaf[] = [];
  const after = flatten(result, leaves, "the loop's next state");
  const wanted = keyOf(tree, before);
  const got = keyOf(after, leaves);
  if (wanted === got) return leaves as tf.Tensor[];
  throw new EngineError(
    "EASEL_ENGINE_LOOP_STATE",
    `A loop's body must return the state's structure, dtypes and shapes: it got ${wanted} and returned ${got}.`,
  );
}

/** A condition or body under construction. */
type Part = {
  readonly trace: Trace;
  readonly inputs: readonly TraceInput[];
  readonly outputs: readonly number[];
};

function tracePart<S>(
  outer: Trace,
  name: string,
  tree: Tree,
  state: readonly TracedValue[],
  run: (state: S, stands: readonly tf.Tensor[]) => readonly tf.Tensor[],
): Part {
  const backend = tensorflowBackend();
  const trace = outer.child(name);
  try {
    const outputs: number[] = [];
    const stands = state.map(({ dtype, shape }, index) =>
      backend.tracedTensor(trace, trace.placeholder(dtype, shape, { kind: "argument", index })),
    );
    const inputs = [...trace.inputs];
    withTrace(trace, () =>
      tf.tidy(() => {
        const results = refuseAssignments(name, () => run(unflatten(tree, stands) as S, stands));
        for (const result of results) outputs.push(trace.wideValueOf(backend.dataOf(result.dataId)).value);
      }),
    );
    tf.dispose(stands);
    if (trace.effects.length > 0) throw effectError(name);
    return { trace, inputs, outputs };
  } catch (error) {
    trace.dispose();
    throw error;
  }
}

function effectError(name: string): EngineError {
  return new EngineError(
    "EASEL_ENGINE_LOOP_EFFECT",
    `${name} assigns a variable or runs an op with an effect: carry the value in the loop's state and assign it after the loop.`,
  );
}

function refuseAssignments<T>(name: string, body: () => T): T {
  const before = new Map(Object.values(tf.engine().registeredVariables).map((v) => [v, v.dataId]));
  const result = body();
  for (const variable of Object.values(tf.engine().registeredVariables)) {
    if (before.get(variable) !== variable.dataId) throw effectError(name);
  }
  return result;
}

/** The values of enclosing traces that a part uses. */
function outerValues(part: Part): TracedValue[] {
  return part.trace.inputs.flatMap(({ source }) => (source.kind === "outer" ? [source.value] : []));
}

function loopTraced<S>(trace: Trace, options: LoopOptions<S>): S {
  const backend = tensorflowBackend();
  const addon = backend.addon;
  const leaves: Leaf[] = [];
  const tree = flatten(options.state, leaves, "the loop's state");
  const initial = (leaves as tf.Tensor[]).map((tensor) => trace.wideValueOf(backend.dataOf(tensor.dataId)));

  const body = tracePart<S>(trace, `${trace.name}'s loop body`, tree, initial, (state, stands) =>
    nextState(tree, stands, options.body(state)),
  );
  try {
    const condition = tracePart<S>(trace, `${trace.name}'s loop condition`, tree, initial, (state) => [
      scalarBool(options.while(state)),
    ]);
    try {
      // Both take the state and then everything that either uses from outside; the body hands the latter on.
      const invariants = [...new Set([...outerValues(body), ...outerValues(condition)])];
      const signature = (part: Part): TraceInput[] => [
        ...part.inputs,
        ...invariants.map((value) => part.trace.inputFor(value)),
      ];
      const bodyInputs = signature(body);
      const bodyName = functionName(`${trace.name}_body`, trace.key);
      const conditionName = functionName(`${trace.name}_while`, trace.key);
      const passed = bodyInputs.slice(initial.length).map((input) => input.value);
      body.trace.define(bodyName, [...body.outputs, ...passed], { inputs: bodyInputs, keepInputs: true });
      trace.functions.push(...body.trace.functions, bodyName);
      condition.trace.define(conditionName, condition.outputs, {
        inputs: signature(condition),
        keepInputs: true,
      });
      trace.functions.push(...condition.trace.functions, conditionName);
      const results = trace.operation(
        "StatelessWhile",
        [
          { name: "cond", type: addon.TF_ATTR_FUNC, value: conditionName },
          { name: "body", type: addon.TF_ATTR_FUNC, value: bodyName },
          {
            name: "output_shapes",
            type: addon.TF_ATTR_SHAPE,
            value: [...initial, ...invariants].map((v) => v.shape),
          },
          { name: "parallel_iterations", type: addon.TF_ATTR_INT, value: 1 },
          // Graph mode runs a loop that is lowered into its graph; XLA compiles the While itself.
          { name: "_lower_using_switch_merge", type: addon.TF_ATTR_BOOL, value: trace.compile === "graph" },
        ],
        [...initial, ...invariants].map((value) => trace.resolve(value)),
        initial.length,
      );
      return unflatten(
        tree,
        results.map((result) => backend.tracedTensor(trace, result)),
      ) as S;
    } finally {
      condition.trace.dispose();
    }
  } finally {
    body.trace.dispose();
  }
}
