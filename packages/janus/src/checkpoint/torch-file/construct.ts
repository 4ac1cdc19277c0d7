// The three things a pickle of weights may ask to be made: an ordered dict, a tensor over a storage, a parameter. They are
// matched by name against this file; no name is ever looked up anywhere else.
import { refused } from "./faults.js";
import {
  kindOf,
  type PickledStorage,
  type PickledTensor,
  type PickleValue,
  storageDtypes,
} from "./pickle-value.js";

function sizes(value: PickleValue | undefined, source: string, what: string): readonly number[] {
  if (typeof value !== "object" || value === null || value.kind !== "tuple") {
    throw refused(source, `a tensor whose ${what} is no tuple`);
  }
  return value.items.map((item) => {
    if (typeof item === "number" && Number.isSafeInteger(item) && item >= 0) return item;
    throw refused(
      source,
      `a tensor with ${String(typeof item === "object" ? kindOf(item) : item)} in its ${what}`,
    );
  });
}

function tensor(args: readonly PickleValue[], source: string): PickledTensor {
  const [storage, offset, shape, strides] = args;
  if (typeof storage !== "object" || storage === null || storage.kind !== "storage") {
    throw refused(source, "a tensor without a storage");
  }
  if (typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0) {
    throw refused(source, "a tensor that begins nowhere in its storage");
  }
  const found = { shape: sizes(shape, source, "shape"), strides: sizes(strides, source, "strides") };
  if (found.shape.length !== found.strides.length) {
    throw refused(source, "a tensor with more sides than strides, or the reverse");
  }
  return { kind: "tensor", storage, offset, ...found };
}

/**
 * What `name(*args)` stands for.
 *
 * @param name one of `allowedNames`
 * @throws JanusError `EASEL_JANUS_PICKLE_REFUSED`
 */
export function construct(name: string, args: readonly PickleValue[], source: string): PickleValue {
  if (name === "collections.OrderedDict" && args.length === 0) return { kind: "dict", entries: new Map() };
  if (name === "torch._utils._rebuild_tensor_v2") return tensor(args, source);
  if (name === "torch._utils._rebuild_parameter") {
    const [inner] = args;
    if (typeof inner === "object" && inner !== null && inner.kind === "tensor") return inner;
  }
  throw refused(source, `a call of ${name} with other arguments than torch.save writes`);
}

/**
 * The storage that a persistent id `("storage", class, key, device, count)` stands for.
 *
 * @throws JanusError `EASEL_JANUS_PICKLE_REFUSED`
 */
export function storageOf(id: PickleValue, source: string): PickledStorage {
  const items = typeof id === "object" && id?.kind === "tuple" ? id.items : [];
  const [tag, type, key, , count] = items;
  const dtype = typeof type === "object" && type?.kind === "name" ? storageDtypes.get(type.name) : undefined;
  const isPlain =
    tag === "storage" &&
    dtype !== undefined &&
    typeof key === "string" &&
    /^\d{1,12}$/.test(key) &&
    typeof count === "number" &&
    Number.isSafeInteger(count) &&
    count >= 0;
  if (!isPlain) throw refused(source, "an outside object that is no storage of numbers");
  return { kind: "storage", key, dtype, count };
}
