// Finds the named tensors of an unpickled file. Plain values.
import { damaged } from "./faults.js";
import { kindOf, type PickledDict, type PickledTensor, type PickleValue } from "./pickle-value.js";

/** Keys under which training programs put the weights beside other things. */
const inside = ["state_dict", "model", "module"];

function tensorsOf({ entries }: PickledDict): readonly PickledTensor[] {
  return [...entries.values()].flatMap((value) =>
    typeof value === "object" && value?.kind === "tensor" ? [value] : [],
  );
}

function dictAt(dict: PickledDict, key: string): PickledDict | undefined {
  const value = dict.entries.get(key);
  return typeof value === "object" && value?.kind === "dict" ? value : undefined;
}

/**
 * The tensors by name: those of the file's dict, or of the one dict inside it that holds the weights.
 *
 * @throws JanusError `EASEL_JANUS_TORCH_FILE` listing everything that is no named tensor
 */
export function stateDict(root: PickleValue, source: string): ReadonlyMap<string, PickledTensor> {
  if (typeof root !== "object" || root?.kind !== "dict") {
    throw damaged(source, `it holds a ${kindOf(root)} and no dict of tensors`);
  }
  const nested = inside.flatMap((key) => dictAt(root, key) ?? []);
  const dict = tensorsOf(root).length === 0 && nested[0] !== undefined ? nested[0] : root;
  const tensors = new Map<string, PickledTensor>();
  const others: string[] = [];
  for (const [name, value] of dict.entries) {
    if (typeof name === "string" && typeof value === "object" && value?.kind === "tensor") {
      tensors.set(name, value);
    } else {
      others.push(`${typeof name === "object" ? kindOf(name) : String(name)}: ${kindOf(value)}`);
    }
  }
  if (others.length > 0) {
    throw damaged(
      source,
      `${others.length} of its entries are no named tensors:\n  ${others.join("\n  ")}\n`,
    );
  }
  return tensors;
}
