// Typed arrays of tokens and log-probs on the wire: `{ dtype, shape, bytes }`, little-endian, no extension types, so that
// any msgpack reader can read them. Element checks are loops by hand: a schema per element would cost more than the rest.
import { z } from "zod";

/** The form a typed array has inside a message. */
export type WireList = {
  readonly dtype: "i32" | "f32";
  readonly shape: readonly [number];
  readonly bytes: Uint8Array;
};

/** Four bytes an element, for both element types. */
const ELEMENT_BYTES = 4;

/** A typed array in its wire form; the bytes are a copy. */
export function toWireList(list: Int32Array | Float32Array): WireList {
  const bytes = new Uint8Array(list.length * ELEMENT_BYTES);
  const view = new DataView(bytes.buffer);
  if (list instanceof Int32Array) {
    list.forEach((value, i) => {
      view.setInt32(i * ELEMENT_BYTES, value, true);
    });
    return { dtype: "i32", shape: [list.length], bytes };
  }
  list.forEach((value, i) => {
    view.setFloat32(i * ELEMENT_BYTES, value, true);
  });
  return { dtype: "f32", shape: [list.length], bytes };
}

/** Reads a wire form into memory of its own, or says in words why it is none. */
export function fromWireList(value: unknown): Int32Array | Float32Array | string {
  if (value === null || typeof value !== "object") return "must be { dtype, shape, bytes }";
  const { dtype, shape, bytes } = value as Partial<Record<keyof WireList, unknown>>;
  if (Object.keys(value).length !== 3 || (dtype !== "i32" && dtype !== "f32")) {
    return "must be { dtype, shape, bytes } with dtype i32 or f32";
  }
  if (!Array.isArray(shape) || shape.length !== 1 || !Number.isSafeInteger(shape[0])) {
    return "must have a shape of one length";
  }
  const length = Number(shape[0]);
  if (!(bytes instanceof Uint8Array) || bytes.byteLength !== length * ELEMENT_BYTES) {
    return `must have ${length * ELEMENT_BYTES} bytes for its shape`;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return dtype === "i32"
    ? Int32Array.from({ length }, (_, i) => view.getInt32(i * ELEMENT_BYTES, true))
    : Float32Array.from({ length }, (_, i) => view.getFloat32(i * ELEMENT_BYTES, true));
}

/** True for the wire form of a typed array, judged by its keys alone. */
export function looksLikeWireList(value: object): boolean {
  return "dtype" in value && "shape" in value && "bytes" in value;
}

type Limits = { readonly minLength?: number; readonly least?: number; readonly most?: number };

export function int32ListSchema(limits: Limits): z.ZodType<Int32Array> {
  return z
    .custom<Int32Array>((value) => value instanceof Int32Array, "must be a list of 32-bit integers (i32)")
    .refine((list) => withinLimits(list, limits), describeLimits(limits));
}

export function float32ListSchema(limits: Limits): z.ZodType<Float32Array> {
  return z
    .custom<Float32Array>((value) => value instanceof Float32Array, "must be a list of 32-bit floats (f32)")
    .refine((list) => withinLimits(list, limits), describeLimits(limits));
}

function withinLimits(list: Int32Array | Float32Array, limits: Limits): boolean {
  if (list.length < (limits.minLength ?? 0)) return false;
  const least = limits.least ?? Number.NEGATIVE_INFINITY;
  const most = limits.most ?? Number.POSITIVE_INFINITY;
  for (const value of list) {
    if (!Number.isFinite(value) || value < least || value > most) return false;
  }
  return true;
}

function describeLimits(limits: Limits): string {
  const parts = [`at least ${limits.minLength ?? 0} elements, all finite`];
  if (limits.least !== undefined) parts.push(`none below ${limits.least}`);
  if (limits.most !== undefined) parts.push(`none above ${limits.most}`);
  return `must have ${parts.join(", ")}`;
}
