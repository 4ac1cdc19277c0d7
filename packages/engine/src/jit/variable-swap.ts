// While a function is traced, every tf.Variable holds a traced value in place of its own, so that reads become
// inputs of the function and assignments become outputs. Afterwards each holds what it held before.
import type { TensorflowBackend } from "../tensorflow-backend.js";
import { tf } from "../tf.js";
import type { Trace } from "./trace.js";

type Swapped = {
  readonly variable: tf.Variable;
  readonly original: tf.Tensor;
  readonly placeholder: object;
  readonly dtype: number;
};

/** A variable that the function itself made, with the tensor it was made from. */
export type NewVariable = { readonly variable: tf.Variable; readonly initial: tf.Tensor };

type MakeVariable = (
  initial: tf.Tensor,
  trainable?: boolean,
  name?: string,
  dtype?: tf.DataType,
) => tf.Variable;

export class VariableSwap {
  readonly created: NewVariable[] = [];
  readonly #swapped: Swapped[] = [];

  /** Must run before the trace is current and inside a tf.tidy that ends after `restore`. */
  swapIn(backend: TensorflowBackend, trace: Trace): void {
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      const original = tf.keep(variable.clone());
      const { dtype, shape } = backend.dataOf(variable.dataId);
      const value = trace.placeholder(dtype, shape, { kind: "variable", variable });
      const placeholder = backend.tracedTensor(trace, value);
      variable.assign(placeholder);
      this.#swapped.push({ variable, original, placeholder: placeholder.dataId, dtype });
      placeholder.dispose();
    }
  }

  /** Runs `body` and notes the variables it makes. */
  watch<T>(body: () => T): T {
    const engine = tf.engine() as unknown as { makeVariable?: MakeVariable };
    const original = tf.engine().makeVariable as MakeVariable;
    engine.makeVariable = (initial, ...rest) => {
      const kept = tf.keep(initial.clone());
      const variable = original.call(tf.engine(), initial, ...rest);
      this.created.push({ variable, initial: kept });
      return variable;
    };
    try {
      return body();
    } finally {
      delete engine.makeVariable; // back to the prototype's
    }
  }

  /** The variables that hold something else than they were given, with the dtype they are stored in. */
  assigned(): { readonly variable: tf.Variable; readonly dtype: number }[] {
    return this.#swapped.filter(({ variable, placeholder }) => variable.dataId !== placeholder);
  }

  restore(): void {
    for (const { variable, original } of this.#swapped) {
      if (!variable.isDisposed) variable.assign(original);
      original.dispose();
    }
    this.#swapped.length = 0;
  }
}
