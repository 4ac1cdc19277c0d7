// Variables in the hands of one call: their values go into the plan's resource variables, and come back afterwards.
import type { HandleInfo, OpAttribute } from "../addon.js";
import { native } from "../native-errors.js";
import type { TensorData, TensorflowBackend } from "../tensorflow-backend.js";
import type { tf } from "../tf.js";
import type { Resource } from "./donation.js";
import type { Plan } from "./plan.js";

/** The plan's variables in the hands of one call. Exactly one of the two must be called when it has ended. */
export type Loan = {
  /** The variables hold what the call assigned. */
  keepResults(): void;
  /** Nothing is assigned. A variable that lent its memory holds what the failed call left there. */
  giveBack(): void;
};

type Lent = {
  readonly resource: Resource;
  readonly variable: tf.Variable;
  readonly data: TensorData;
  readonly dataId: object;
};

const NOTHING: Loan = { keepResults: () => {}, giveBack: () => {} };

/** Puts the values of the variables that the plan assigns where it may overwrite them; with `copy` it may not. */
export function lend(
  backend: TensorflowBackend,
  name: string,
  plan: Plan,
  options: { readonly copy?: boolean } = {},
): Loan {
  if (plan.donated.length === 0) return NOTHING;
  const { addon } = backend;
  const dtypeOf = ({ dtype }: Resource): OpAttribute[] => [
    { name: "dtype", type: addon.TF_ATTR_TYPE, value: dtype },
  ];
  const lent = plan.donated.map((resource, i): Lent => {
    const variable = plan.assigned[i] as tf.Variable;
    const { dataId } = variable;
    const data = backend.dataOf(dataId);
    const handle = backend.handleOf(variable);
    native(() => addon.executeOp("AssignVariableOp", dtypeOf(resource), [resource.handle, handle], 0));
    // What a clone holds too stays as it is: then TensorFlow finds the buffer shared and takes another.
    if (data.refCount === 1 && options.copy !== true) {
      addon.deleteTensor(handle);
      data.id = -1;
      data.lentTo = name;
    }
    return { resource, variable, data, dataId };
  });
  const takeOut = ({ resource }: Lent): HandleInfo =>
    native(() => {
      const info = addon.executeOp("ReadVariableOp", dtypeOf(resource), [resource.handle], 1)[0];
      addon.executeOp("DestroyResourceOp", [], [resource.handle], 0);
      return info as HandleInfo;
    });
  const end = (each: Lent, keep: boolean): void => {
    const info = takeOut(each);
    const { variable, data, dataId } = each;
    if (data.lentTo !== undefined && backend.holds(dataId)) {
      data.id = info.id;
      delete data.lentTo;
    } else if (keep && variable.dataId === dataId) {
      const value = backend.createOutputTensor(info);
      variable.assign(value);
      value.dispose();
    } else {
      addon.deleteTensor(info.id);
    }
  };
  const endAll = (keep: boolean): void => {
    for (const each of lent) end(each, keep);
  };
  return {
    keepResults: () => endAll(true),
    giveBack: () => endAll(false),
  };
}
