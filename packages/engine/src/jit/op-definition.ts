// What TensorFlow says an op takes: read from the serialized tensorflow.OpDef, as much as tracing needs.
import type { Addon } from "../addon.js";

export type OpInput = {
  /** The input is a list of tensors. */
  readonly list: boolean;
  /** Attributes that follow from the input: its dtype, its length, the dtypes of the list. */
  readonly decides: readonly string[];
};

export type OpDefinition = {
  readonly name: string;
  readonly inputs: readonly OpInput[];
  /** Attribute types by name, such as `int`, `list(shape)`, `type`. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Attributes that follow from the inputs. */
  readonly inferred: ReadonlySet<string>;
  /** True for what has an effect or a state: random generators, variables, prints. */
  readonly stateful: boolean;
};

type Field = { readonly number: number; readonly value: number; readonly bytes: Uint8Array };

// Protobuf wire format: key, then a varint (0), eight bytes (1), a length-delimited field (2) or four bytes (5).
function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = message[at++] ?? 0;
      result += (byte & 127) * scale;
      if (byte < 128) return result;
      scale *= 128;
    }
  };
  const none = new Uint8Array(0);
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wireType = key % 8;
    if (wireType === 0) {
      yield { number, value: varint(), bytes: none };
    } else {
      const length = wireType === 2 ? varint() : wireType === 1 ? 8 : 4;
      yield { number, value: 0, bytes: message.subarray(at, at + length) };
      at += length;
    }
  }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function readInput(message: Uint8Array): OpInput {
  const TYPE_ATTRIBUTE = 4;
  const NUMBER_ATTRIBUTE = 5;
  const TYPE_LIST_ATTRIBUTE = 6;
  const decides: string[] = [];
  let list = false;
  for (const field of fields(message)) {
    if (field.number < TYPE_ATTRIBUTE || field.number > TYPE_LIST_ATTRIBUTE) continue;
    decides.push(text(field.bytes));
    if (field.number === NUMBER_ATTRIBUTE || field.number === TYPE_LIST_ATTRIBUTE) list = true;
  }
  return { list, decides };
}

function readAttribute(message: Uint8Array): [string, string] {
  let name = "";
  let type = "";
  for (const field of fields(message)) {
    if (field.number === 1) name = text(field.bytes);
    if (field.number === 2) type = text(field.bytes);
  }
  return [name, type];
}

export function parseOpDefinition(message: Uint8Array): OpDefinition {
  let name = "";
  let stateful = false;
  const inputs: OpInput[] = [];
  const attributes = new Map<string, string>();
  for (const field of fields(message)) {
    if (field.number === 1) name = text(field.bytes);
    if (field.number === 2) inputs.push(readInput(field.bytes));
    if (field.number === 4) attributes.set(...readAttribute(field.bytes));
    if (field.number === 17) stateful = field.value !== 0;
  }
  const inferred = new Set(inputs.flatMap((input) => input.decides));
  return { name, inputs, attributes, inferred, stateful };
}

const known = new Map<string, OpDefinition>();

/** The definition of the op `name`, read from the library once. */
export function opDefinition(addon: Addon, name: string): OpDefinition {
  let definition = known.get(name);
  if (definition === undefined) {
    definition = parseOpDefinition(addon.opDefinition(name));
    known.set(name, definition);
  }
  return definition;
}
