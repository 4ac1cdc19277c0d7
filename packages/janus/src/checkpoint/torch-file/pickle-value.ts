// What a pickle of weights may consist of. Data only: nothing here can be called.
import type { HostDtype } from "@easel/engine";

/** A run of numbers in the archive, by the key of its record. */
export type PickledStorage = {
  readonly kind: "storage";
  readonly key: string;
  readonly dtype: HostDtype;
  /** Elements, as the pickle claims. */
  readonly count: number;
};

/** A view of a storage. Offset and strides in elements. All of it is claimed by the pickle, none of it checked. */
export type PickledTensor = {
  readonly kind: "tensor";
  readonly storage: PickledStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
};

/** A name that the pickle refers to; only those of `allowedNames` ever come into being. */
export type PickledName = { readonly kind: "name"; readonly name: string };

export type PickledTuple = { readonly kind: "tuple"; readonly items: readonly PickleValue[] };
export type PickledList = { readonly kind: "list"; readonly items: PickleValue[] };
export type PickledDict = { readonly kind: "dict"; readonly entries: Map<PickleValue, PickleValue> };

/** Anything a pickle of weights may hold. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickledTuple
  | PickledList
  | PickledDict
  | PickledName
  | PickledStorage
  | PickledTensor;

/** Storage classes by name, with the type of their elements. */
export const storageDtypes: ReadonlyMap<string, HostDtype> = new Map<string, HostDtype>([
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.DoubleStorage", "F64"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ShortStorage", "I16"],
  ["torch.CharStorage", "I8"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "BOOL"],
]);

/** The only names that a file may refer to. */
export const allowedNames: ReadonlySet<string> = new Set([
  "collections.OrderedDict",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_parameter",
  ...storageDtypes.keys(),
]);

/** Whether a value is a container or other object rather than a plain one. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === null || value === undefined) return "nothing";
  return typeof value === "object" ? value.kind : typeof value;
}
