// Laying settings over others. Plain objects merge key by key; anything else, lists too, replaces.

type Tree = Readonly<Record<string, unknown>>;

/** Whether a value is a plain object. */
export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `over` laid over `under`; neither is changed. */
export function layOver(under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (!isTree(under) || !isTree(over)) return over;
  // Entries, not assignment: a key named __proto__ stays a plain key and gets refused as unknown.
  const names = [...new Set([...Object.keys(under), ...Object.keys(over)])];
  const ownValue = (tree: Tree, name: string) => (Object.hasOwn(tree, name) ? tree[name] : undefined);
  return Object.fromEntries(
    names.map((name) => [name, layOver(ownValue(under, name), ownValue(over, name))]),
  );
}

/** A tree that holds nothing but `value` at `path`. */
export function treeOf(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), value);
}

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
