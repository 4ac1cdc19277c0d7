// Asynchronous calls in order: two calls that share a variable never overlap, and no synchronous call slips in
// between a call's start and its assignments.
import { EngineError } from "../errors.js";
import type { TensorflowBackend } from "../tensorflow-backend.js";
import type { tf } from "../tf.js";
import { type CallTerms, refuseStart, waitForTurn } from "./call-terms.js";
import { executeAsync, warmUp } from "./execution.js";
import type { Plan } from "./plan.js";
import type { Leaf } from "./tensor-tree.js";

export type AsyncCall = {
  readonly name: string;
  readonly plan: Plan;
  readonly leaves: readonly Leaf[];
  readonly terms: CallTerms;
  /** When the call was made, by performance.now(). */
  readonly askedMs: number;
};

export class CallQueue {
  /** For each variable in use, the end of the last call that uses it. */
  readonly #last = new Map<tf.Variable, Promise<void>>();
  readonly #running = new Map<Plan, number>();

  /** Runs the plan off the event loop once every earlier call that shares a variable with it has ended. */
  async run(backend: TensorflowBackend, call: AsyncCall): Promise<unknown> {
    // The caller may dispose its tensors as soon as it has the promise.
    const held = call.leaves.map((leaf) => (leaf as tf.Tensor).clone());
    try {
      return await this.#inTurn(call, () => executeAsync(backend, call.name, call.plan, held));
    } finally {
      for (const tensor of held) tensor.dispose();
    }
  }

  /** Runs the plan once and drops everything it gives. A plan that borrows variables waits its turn for that. */
  async warm(
    backend: TensorflowBackend,
    name: string,
    plan: Plan,
    leaves: readonly tf.Tensor[],
  ): Promise<void> {
    const body = (): Promise<void> => warmUp(backend, name, plan, leaves);
    if (plan.donated.length === 0) return body();
    await this.#inTurn({ name, plan, leaves, terms: {}, askedMs: performance.now() }, body);
  }

  /**
   * @throws EngineError EASEL_ENGINE_BUSY when an asynchronous call under way shares a variable with the plan,
   * or, with `alsoReads`, runs the plan itself
   */
  refuseOverlap(name: string, plan: Plan, options: { readonly alsoReads?: boolean } = {}): void {
    const shared = plan.variables.find((variable) => this.#last.has(variable));
    const running = options.alsoReads === true && this.#running.has(plan);
    if (shared === undefined && !running) return;
    throw new EngineError(
      "EASEL_ENGINE_BUSY",
      `${name} was called while an asynchronous call that uses ${shared === undefined ? "it" : `variable ${shared.name}`} is under way: ` +
        "await that call first, or call async too.",
      { retryable: true },
    );
  }

  async #inTurn<T>({ name, plan, terms, askedMs }: AsyncCall, body: () => Promise<T>): Promise<T> {
    const before = [...new Set(plan.variables.flatMap((variable) => this.#last.get(variable) ?? []))];
    const turn = before.length > 0 ? Promise.all(before) : null;
    const leave = this.#enter(plan);
    try {
      // A call whose turn it is starts at once, before its caller goes on.
      if (turn === null) refuseStart(name, terms, askedMs);
      else await waitForTurn(name, turn, terms, askedMs);
    } catch (error) {
      // Those behind it must go on waiting for those before it.
      if (turn === null) leave();
      else void turn.then(leave);
      throw error;
    }
    try {
      return await body();
    } finally {
      leave();
    }
  }

  /** Takes the next place for each of the plan's variables. What it returns gives the place up. */
  #enter(plan: Plan): () => void {
    let end = (): void => {};
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    for (const variable of plan.variables) this.#last.set(variable, done);
    this.#running.set(plan, (this.#running.get(plan) ?? 0) + 1);
    return () => {
      for (const variable of plan.variables) {
        if (this.#last.get(variable) === done) this.#last.delete(variable);
      }
      const left = (this.#running.get(plan) ?? 1) - 1;
      if (left === 0) this.#running.delete(plan);
      else this.#running.set(plan, left);
      end();
    };
  }
}
