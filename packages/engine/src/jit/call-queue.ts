// Asynchronous calls in order: two calls that share a variable never overlap, and no synchronous call slips in
// between a call's start and its assignments.
import { EngineError } from "../errors.js";
import { asEngineError } from "../native-errors.js";
import type { TensorflowBackend } from "../tensorflow-backend.js";
import type { tf } from "../tf.js";
import { callAttributes, feeds, type Plan, settle } from "./plan.js";
import type { Leaf } from "./tensor-tree.js";

export class CallQueue {
  /** For each variable in use, the end of the last call that uses it. */
  readonly #last = new Map<tf.Variable, Promise<void>>();
  readonly #running = new Map<Plan, number>();

  /** Runs the plan off the event loop once every earlier call that shares a variable with it has ended. */
  async run(backend: TensorflowBackend, name: string, plan: Plan, leaves: readonly Leaf[]): Promise<unknown> {
    // The caller may dispose its tensors as soon as it has the promise.
    const held = leaves.map((leaf) => (leaf as tf.Tensor).clone());
    const before = [...new Set(plan.variables.flatMap((variable) => this.#last.get(variable) ?? []))];
    let resolve = (): void => {};
    const done = new Promise<void>((end) => {
      resolve = end;
    });
    for (const variable of plan.variables) this.#last.set(variable, done);
    this.#running.set(plan, (this.#running.get(plan) ?? 0) + 1);
    try {
      if (before.length > 0) await Promise.all(before);
      const data = plan.assigned.map((variable) => variable.dataId);
      const infos = await this.#execute(backend, plan, held);
      const outputs = infos.map((info) => backend.createOutputTensor(info));
      const changed = plan.assigned.find((variable, i) => variable.dataId !== data[i]);
      if (changed !== undefined) {
        for (const output of outputs) output.dispose();
        throw new EngineError(
          "EASEL_ENGINE_VARIABLE_CHANGED",
          `Variable ${changed.name} was assigned while ${name} was running and would assign it too: await the call first.`,
        );
      }
      return settle(plan, outputs);
    } finally {
      for (const tensor of held) tensor.dispose();
      for (const variable of plan.variables) {
        if (this.#last.get(variable) === done) this.#last.delete(variable);
      }
      const left = (this.#running.get(plan) ?? 1) - 1;
      if (left === 0) this.#running.delete(plan);
      else this.#running.set(plan, left);
      resolve();
    }
  }

  /** Runs the plan once and drops everything it gives. */
  async warm(backend: TensorflowBackend, plan: Plan, leaves: readonly tf.Tensor[]): Promise<void> {
    for (const { id } of await this.#execute(backend, plan, leaves)) backend.addon.deleteTensor(id);
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

  async #execute(backend: TensorflowBackend, plan: Plan, leaves: readonly Leaf[]) {
    try {
      return await backend.addon.executeOpAsync(
        plan.name,
        callAttributes(backend, plan),
        feeds(backend, plan, leaves),
        plan.results + plan.assigned.length,
      );
    } catch (error) {
      throw asEngineError(error);
    }
  }
}
