// Which TensorFlow ops run or are traced while something happens, seen where the engine calls its native addon.
import { tf } from "@easel/engine";

type Recordable = {
  graphOperation: (...args: readonly unknown[]) => unknown;
  executeOp: (...args: readonly unknown[]) => unknown;
};

/** What a graph is made of rather than what it computes: the places of inputs and outputs, constants, calls of its parts. */
const structure: ReadonlySet<string> = new Set(["Placeholder", "Const", "Identity"]);

/** Traced functions are called by names with a number, such as `step_3`; ops have none. */
const isOp = (type: string): boolean => /^[A-Z][A-Za-z0-9]*$/.test(type) && !structure.has(type);

/** Runs `work` and returns the types of the ops that it traced or executed. */
export async function recordOps(work: () => unknown): Promise<ReadonlySet<string>> {
  const { addon } = tf.backend() as unknown as { readonly addon: Recordable };
  const { graphOperation, executeOp } = addon;
  const seen = new Set<string>();
  addon.graphOperation = (graph, type, ...rest) => {
    seen.add(type as string);
    return graphOperation(graph, type, ...rest);
  };
  addon.executeOp = (type, ...rest) => {
    seen.add(type as string);
    return executeOp(type, ...rest);
  };
  try {
    await work();
  } finally {
    Object.assign(addon, { graphOperation, executeOp });
  }
  return new Set([...seen].filter(isOp));
}
