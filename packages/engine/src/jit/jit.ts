// jit: trace a JavaScript function once per structure, dtypes and shapes of its arguments, then run it as one
// TensorFlow function. What tracing does is in trace-function.ts; what a call does is in plan.ts.
import { TF } from "../dtypes.js";
import { EngineError } from "../errors.js";
import { onTensorflow, type TensorflowBackend, tensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import { CallQueue } from "./call-queue.js";
import { type CallTerms, refuseStart } from "./call-terms.js";
import { executeSync } from "./execution.js";
import { refuseGradient } from "./gradient-tape.js";
import { disposePlan, type Plan } from "./plan.js";
import type { MatmulPrecision, ProductPrecision } from "./product-precision.js";
import { TensorSpec, type WithSpecs } from "./tensor-spec.js";
import { flatten, keyOf, type Leaf } from "./tensor-tree.js";
import type { CompileMode } from "./trace.js";
import { traceFunction } from "./trace-function.js";
import { currentTrace } from "./trace-state.js";

export type JitOptions = {
  /** Shows in errors, in `explain` and in TensorFlow's function names. */
  readonly name?: string;
  /** `graph`: TensorFlow's executor. `xla`: compiled at the first call of each shape, seconds, then often faster. */
  readonly compile?: CompileMode;
  /**
   * `bf16`: matrix products take bfloat16 inputs; everything else stays float32. `tf32`: they may be rounded to
   * TensorFloat-32 on their way into a GPU's tensor cores; refused without a GPU.
   */
  readonly matmul?: MatmulPrecision;
  /** The same for convolutions; their gradients stay float32. */
  readonly convolution?: ProductPrecision;
  /**
   * Variables that the function assigns give their memory to the call, which writes the next values into it instead of
   * beside it. Under `xla` only. While an asynchronous call is under way they cannot be read, and after a call
   * that failed while it ran their values are undefined.
   */
  readonly donate?: boolean;
  /** More traces than this many warn: each costs time and memory that disposing it does not give back. */
  readonly maxTraces?: number;
};

export type Jitted<A extends readonly unknown[], R> = {
  (...args: A): R;
  /** The same off the event loop. Calls that share variables run one after another. */
  async(...args: A): Promise<R>;
  /**
   * The same as long as the terms allow it to start.
   * @throws EngineError EASEL_ENGINE_CALL_CANCELLED, EASEL_ENGINE_CALL_DEADLINE
   */
  asyncWith(terms: CallTerms, ...args: A): Promise<R>;
  /** Traces and defines without running; any tensor may be replaced by a spec. */
  trace(...args: { [K in keyof A]: WithSpecs<A[K]> }): void;
  /**
   * Runs once, off the event loop, on zeros in place of the arguments, and drops the result without assigning
   * any variable: what the first call of this shape would spend on optimising or compiling is spent here.
   */
  warm(...args: { [K in keyof A]: WithSpecs<A[K]> }): Promise<void>;
  /** What was traced: per shape, operations, inputs, variables, milliseconds. */
  explain(): string;
  /** Frees all traces. The function may be called again. */
  dispose(): void;
};

const queue = new CallQueue();

const ADVICE = "Put the gradient inside the jitted function instead: jit(() => tf.variableGrads(loss)).";

export function jit<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: JitOptions = {},
): Jitted<A, R> {
  const name = options.name ?? (fn.name || "function");
  const maxTraces = options.maxTraces ?? 16;
  const plans = new Map<string, Plan>();
  checkOptions(name, options);

  const planFor = (backend: TensorflowBackend, args: readonly unknown[]): { plan: Plan; leaves: Leaf[] } => {
    const leaves: Leaf[] = [];
    const tree = flatten(args, leaves, `${name}'s arguments`);
    const key = keyOf(tree, leaves) + storage(backend, leaves);
    let plan = plans.get(key);
    if (plan === undefined) {
      refuseGradient(name, ADVICE);
      plan = traceFunction({
        backend,
        fn: fn as unknown as (...args: readonly unknown[]) => unknown,
        name,
        key,
        compile: options.compile ?? "graph",
        precision: { matmul: options.matmul ?? "f32", convolution: options.convolution ?? "f32" },
        donate: options.donate ?? false,
        args: tree,
        leaves,
      });
      plans.set(key, plan);
      if (plans.size === maxTraces + 1) warnOfTraces(name, plans.size, key);
    }
    return { plan, leaves };
  };

  const call = (...args: A): R => {
    if (currentTrace() !== null) return fn(...args);
    checkDevice(name, options);
    if (!onTensorflow()) return eagerly(fn, args);
    refuseGradient(name, ADVICE);
    const backend = tensorflowBackend();
    const { plan, leaves } = planFor(backend, args);
    queue.refuseOverlap(name, plan);
    return executeSync(backend, name, plan, leaves) as R;
  };

  const asyncWith = async (terms: CallTerms, ...args: A): Promise<R> => {
    const askedMs = performance.now();
    if (currentTrace() !== null) {
      throw new EngineError(
        "EASEL_ENGINE_ASYNC_FUNCTION",
        `${name}.async was called inside a jitted function: call ${name} instead.`,
      );
    }
    refuseStart(name, terms, askedMs);
    checkDevice(name, options);
    if (!onTensorflow()) return eagerly(fn, args);
    refuseGradient(name, ADVICE);
    const backend = tensorflowBackend();
    const { plan, leaves } = planFor(backend, args);
    return (await queue.run(backend, { name, plan, leaves, terms, askedMs })) as R;
  };

  const async = (...args: A): Promise<R> => asyncWith({}, ...args);

  const trace = (...args: readonly unknown[]): void => {
    checkDevice(name, options);
    if (onTensorflow()) planFor(tensorflowBackend(), args);
  };

  const warm = async (...args: readonly unknown[]): Promise<void> => {
    checkDevice(name, options);
    if (!onTensorflow()) return;
    const backend = tensorflowBackend();
    const { plan, leaves } = planFor(backend, args);
    const zeros = leaves.map((leaf) =>
      leaf instanceof TensorSpec ? tf.zeros([...leaf.shape], leaf.dtype) : leaf.clone(),
    );
    try {
      await queue.warm(backend, name, plan, zeros);
    } finally {
      tf.dispose(zeros);
    }
  };

  const explain = (): string => [...plans.values()].map(explainPlan).join("\n");

  const dispose = (): void => {
    if (plans.size === 0) return;
    const backend = tensorflowBackend();
    for (const plan of plans.values()) {
      queue.refuseOverlap(name, plan, { alsoReads: true });
      disposePlan(backend, plan);
    }
    plans.clear();
  };

  return Object.assign(call, { async, asyncWith, trace, warm, explain, dispose }) as Jitted<A, R>;
}

function checkOptions(name: string, { compile, donate }: JitOptions): void {
  if (donate === true && compile !== "xla") {
    throw new EngineError(
      "EASEL_ENGINE_DONATE_GRAPH",
      `${name} asks for donate in graph mode, where TensorFlow cannot write into a variable's memory: set compile to ` +
        '"xla", or leave donate out.',
    );
  }
}

/** @throws EngineError EASEL_ENGINE_TF32_WITHOUT_GPU */
function checkDevice(name: string, { matmul }: JitOptions): void {
  if (matmul !== "tf32" || (onTensorflow() && tensorflowBackend().addon.isUsingGpuDevice())) return;
  throw new EngineError(
    "EASEL_ENGINE_TF32_WITHOUT_GPU",
    `${name} asks for matmul "tf32", which only GPUs compute, and the engine runs on ${tf.getBackend()} without one: ` +
      'use "f32", or "bf16" on a processor that has it.',
  );
}

// tf.tidy keeps what the function returns, in any nesting.
function eagerly<A extends readonly unknown[], R>(fn: (...args: A) => R, args: A): R {
  return tf.tidy(() => fn(...args) as unknown as tf.TensorContainer) as unknown as R;
}

/** Which arguments are stored in bfloat16: their traces differ though TensorFlow.js calls them float32. */
function storage(backend: TensorflowBackend, leaves: readonly Leaf[]): string {
  let result = "";
  leaves.forEach((leaf, i) => {
    if (leaf instanceof TensorSpec) return;
    if (backend.dataOf(leaf.dataId).dtype === TF.BFLOAT16) result += ` bf16:${i}`;
  });
  return result;
}

function warnOfTraces(name: string, traces: number, key: string): void {
  process.emitWarning(
    `${name} has been traced for ${traces} different shapes, the last ${key.slice(0, 300)}. Each trace costs time and ` +
      "memory that is not given back: pad to a few bucket lengths, and pass changing numbers as tensors.",
    { code: "EASEL_ENGINE_MANY_TRACES" },
  );
}

function explainPlan(plan: Plan): string {
  const operations = plan.operations.reduce((sum, [, count]) => sum + count, 0);
  const kinds = [...plan.operations].sort((a, b) => b[1] - a[1]).slice(0, 12);
  const inputs = (kind: string): number => plan.inputs.filter(({ source }) => source.kind === kind).length;
  return [
    `${plan.name} (${plan.compile}): ${operations} operations, traced in ${plan.traceMs.toFixed(0)} ms`,
    `  key ${plan.key}`,
    `  inputs: ${inputs("argument")} tensors of the arguments, ${plan.variables.length} variables, ${inputs("captured") - plan.donated.length} captured`,
    `  outputs: ${plan.results} results, ${plan.assigned.length} variables assigned${plan.donated.length > 0 ? " in place" : ""}`,
    `  most frequent: ${kinds.map(([type, count]) => `${type} ${count}`).join(", ")}`,
  ].join("\n");
}
