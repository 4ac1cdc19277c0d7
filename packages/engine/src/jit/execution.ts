// One execution of a plan: handles in, tensors and assigned variables out. When it may start is call-queue.ts.
import type { HandleInfo } from "../addon.js";
import { sealSoon } from "../compiled-cache.js";
import { EngineError } from "../errors.js";
import { asEngineError, native } from "../native-errors.js";
import type { TensorflowBackend } from "../tensorflow-backend.js";
import type { tf } from "../tf.js";
import { type Loan, lend } from "./loan.js";
import { callAttributes, feeds, outputsOf, type Plan, settle } from "./plan.js";
import { type Leaf, unflatten } from "./tensor-tree.js";

/** Runs the plan and returns its result, on this thread. */
export function executeSync(
  backend: TensorflowBackend,
  name: string,
  plan: Plan,
  leaves: readonly Leaf[],
): unknown {
  const handles = native(() => feeds(backend, plan, leaves));
  const loan = lend(backend, name, plan);
  let infos: readonly HandleInfo[];
  try {
    infos = native(() =>
      backend.addon.executeOp(plan.name, callAttributes(backend, plan), handles, outputsOf(plan)),
    );
  } catch (error) {
    loan.giveBack();
    throw error;
  }
  return conclude(backend, plan, loan, infos);
}

/**
 * The same off the event loop.
 * @throws EngineError EASEL_ENGINE_VARIABLE_CHANGED
 */
export async function executeAsync(
  backend: TensorflowBackend,
  name: string,
  plan: Plan,
  leaves: readonly Leaf[],
): Promise<unknown> {
  const handles = native(() => feeds(backend, plan, leaves));
  const loan = lend(backend, name, plan);
  const data = plan.assigned.map((variable) => variable.dataId);
  let infos: readonly HandleInfo[];
  try {
    infos = await start(backend, plan, handles);
  } catch (error) {
    loan.giveBack();
    throw error;
  }
  const changed = plan.assigned.find((variable, i) => variable.dataId !== data[i]);
  if (changed === undefined) return conclude(backend, plan, loan, infos);
  loan.giveBack();
  for (const { id } of infos) backend.addon.deleteTensor(id);
  throw changedMeanwhile(changed, name);
}

/** Runs the plan and drops what it gives. */
export async function warmUp(
  backend: TensorflowBackend,
  name: string,
  plan: Plan,
  leaves: readonly tf.Tensor[],
): Promise<void> {
  const handles = native(() => feeds(backend, plan, leaves));
  const loan = lend(backend, name, plan, { copy: true });
  try {
    for (const { id } of await start(backend, plan, handles)) backend.addon.deleteTensor(id);
  } finally {
    loan.giveBack();
    sealFirst(plan);
  }
}

async function start(
  backend: TensorflowBackend,
  plan: Plan,
  handles: readonly number[],
): Promise<readonly HandleInfo[]> {
  try {
    return await backend.addon.executeOpAsync(
      plan.name,
      callAttributes(backend, plan),
      handles,
      outputsOf(plan),
    );
  } catch (error) {
    throw asEngineError(error);
  }
}

function conclude(backend: TensorflowBackend, plan: Plan, loan: Loan, infos: readonly HandleInfo[]): unknown {
  sealFirst(plan);
  const outputs = infos.map((info) => backend.createOutputTensor(info));
  if (plan.donated.length === 0) return settle(plan, outputs);
  loan.keepResults();
  return unflatten(plan.result, outputs);
}

/** Plans that ran: XLA compiles a plan at its first run only. */
const ran = new WeakSet<Plan>();

function sealFirst(plan: Plan): void {
  if (plan.compile !== "xla" || ran.has(plan)) return;
  ran.add(plan);
  sealSoon();
}

function changedMeanwhile(variable: tf.Variable, name: string): EngineError {
  return new EngineError(
    "EASEL_ENGINE_VARIABLE_CHANGED",
    `Variable ${variable.name} was assigned while ${name} was running and would assign it too: await the call first.`,
  );
}
