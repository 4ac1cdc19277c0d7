// Arguments and results of jitted functions: trees of arrays and plain objects with tensors at some leaves. The
// other leaves are static: part of the function, and of the key under which it is cached.
import { EngineError } from "../errors.js";
import { tf } from "../tf.js";
import { TensorSpec } from "./tensor-spec.js";

export type Tree =
  | { readonly kind: "tensor"; readonly index: number }
  | { readonly kind: "list"; readonly items: readonly Tree[] }
  | { readonly kind: "record"; readonly entries: readonly (readonly [string, Tree])[] }
  | { readonly kind: "static"; readonly value: unknown };

/** A leaf that is a tensor argument: variables are not, they keep their identity. */
export type Leaf = tf.Tensor | TensorSpec;

export function isLeaf(value: unknown): value is Leaf {
  return (value instanceof tf.Tensor && !(value instanceof tf.Variable)) || value instanceof TensorSpec;
}

function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identity(value: object): number {
  let id = identities.get(value);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(value, id);
  }
  return id;
}

function refuseContainer(value: object, path: string): void {
  if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set || value instanceof Promise) {
    throw new EngineError(
      "EASEL_ENGINE_STATIC_ARGUMENT",
      `${path} is a ${value.constructor.name}: its content would be baked into the function. Pass a tensor, an ` +
        "array or a plain object.",
    );
  }
}

/** Collects the tensors of `value` into `leaves` and returns the rest of it. `path` names it in errors. */
export function flatten(value: unknown, leaves: Leaf[], path: string): Tree {
  if (isLeaf(value)) return { kind: "tensor", index: leaves.push(value) - 1 };
  if (Array.isArray(value)) {
    return { kind: "list", items: value.map((item, i) => flatten(item, leaves, `${path}[${i}]`)) };
  }
  if (typeof value === "object" && value !== null && !(value instanceof tf.Variable)) {
    if (isPlainObject(value)) {
      const entries = Object.entries(value).map(
        ([key, item]) => [key, flatten(item, leaves, `${path}.${key}`)] as const,
      );
      return { kind: "record", entries };
    }
    refuseContainer(value, path);
  }
  return { kind: "static", value };
}

export function unflatten(tree: Tree, leaves: readonly tf.Tensor[]): unknown {
  switch (tree.kind) {
    case "tensor":
      return leaves[tree.index];
    case "list":
      return tree.items.map((item) => unflatten(item, leaves));
    case "record":
      return Object.fromEntries(tree.entries.map(([key, item]) => [key, unflatten(item, leaves)]));
    case "static":
      return tree.value;
  }
}

/** The key of a tree: structure, dtypes and shapes of tensors, values of static leaves. */
export function keyOf(tree: Tree, leaves: readonly Leaf[]): string {
  switch (tree.kind) {
    case "tensor": {
      const leaf = leaves[tree.index] as Leaf;
      return `${leaf.dtype}[${leaf.shape}]`;
    }
    case "list":
      return `(${tree.items.map((item) => keyOf(item, leaves)).join()})`;
    case "record":
      return `{${tree.entries.map(([key, item]) => `${JSON.stringify(key)}:${keyOf(item, leaves)}`).join()}}`;
    case "static":
      return staticKey(tree.value);
  }
}

function staticKey(value: unknown): string {
  if (value instanceof tf.Variable) return `variable#${value.id}`;
  if (typeof value === "function" || (typeof value === "object" && value !== null))
    return `#${identity(value)}`;
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : `${typeof value}:${String(value)}`;
}
