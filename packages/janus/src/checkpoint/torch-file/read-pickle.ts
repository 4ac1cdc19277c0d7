// Reads the pickle of a PyTorch file: a small stack machine of which only the operations for data are here. It builds
// plain values, looks up no name, calls nothing, and refuses every other operation and name.
import { ByteReader } from "./byte-reader.js";
import { construct, storageOf } from "./construct.js";
import { damaged, refused } from "./faults.js";
import { allowedNames, kindOf, type PickleValue } from "./pickle-value.js";

/** Bound on the values of one pickle: far above any model's, far below what memory holds. */
const maxValues = 2_000_000;

/** The state of the machine. */
type Machine = {
  readonly source: string;
  readonly reader: ByteReader;
  readonly stack: PickleValue[];
  /** Heights of the stack at which marks were set. */
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
};

function pop(machine: Machine): PickleValue {
  const floor = machine.marks.at(-1) ?? 0;
  const value = machine.stack.length > floor ? machine.stack.pop() : undefined;
  if (value === undefined)
    throw damaged(machine.source, "its pickle takes more from its stack than is there");
  return value;
}

function popMark(machine: Machine): PickleValue[] {
  const mark = machine.marks.pop();
  if (mark === undefined) throw damaged(machine.source, "its pickle lacks a mark");
  return machine.stack.splice(mark);
}

function top(machine: Machine): PickleValue {
  const value = pop(machine);
  machine.stack.push(value);
  return value;
}

function appendAll(machine: Machine, items: readonly PickleValue[]): void {
  const target = top(machine);
  if (typeof target !== "object" || target?.kind !== "list") {
    throw refused(machine.source, `an append to a ${kindOf(target)}`);
  }
  for (const item of items) target.items.push(item);
}

function setAll(machine: Machine, items: readonly PickleValue[]): void {
  const target = top(machine);
  if (typeof target !== "object" || target?.kind !== "dict" || items.length % 2 !== 0) {
    throw refused(machine.source, `a key in a ${kindOf(target)}`);
  }
  for (let i = 0; i < items.length; i += 2) target.entries.set(items[i] ?? null, items[i + 1] ?? null);
}

function named(machine: Machine, module: PickleValue, name: PickleValue): PickleValue {
  const full = `${String(module)}.${String(name)}`;
  if (typeof module !== "string" || typeof name !== "string" || !allowedNames.has(full)) {
    throw refused(machine.source, `"${full.slice(0, 200)}"`);
  }
  return { kind: "name", name: full };
}

function called(machine: Machine): PickleValue {
  const args = pop(machine);
  const callee = pop(machine);
  if (typeof callee !== "object" || callee?.kind !== "name") {
    throw refused(machine.source, `a call of a ${kindOf(callee)}`);
  }
  if (typeof args !== "object" || args?.kind !== "tuple") {
    throw refused(machine.source, `a call with a ${kindOf(args)} as arguments`);
  }
  return construct(callee.name, args.items, machine.source);
}

/** Attributes of an ordered dict are left out; those of anything else are refused. */
function build(machine: Machine): void {
  pop(machine);
  const target = top(machine);
  if (typeof target !== "object" || target?.kind !== "dict") {
    throw refused(machine.source, `attributes on a ${kindOf(target)}`);
  }
}

function long(reader: ByteReader): number | bigint {
  const bytes = reader.bytes(reader.u8());
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte);
  const exact = BigInt.asIntN(bytes.length * 8, value);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

function remembered(machine: Machine, index: number): PickleValue {
  const value = machine.memo.get(index);
  if (value === undefined)
    throw damaged(machine.source, `its pickle recalls value ${index}, which it never kept`);
  return value;
}

type Operation = (machine: Machine) => void;

function pushing(make: (machine: Machine) => PickleValue): Operation {
  return (machine) => {
    machine.stack.push(make(machine));
  };
}

function keeping(index: (machine: Machine) => number): Operation {
  return (machine) => {
    const at = index(machine);
    machine.memo.set(at, top(machine));
  };
}

function tupleOf(count: number): Operation {
  return pushing((machine) => {
    const items = Array.from({ length: count }, () => pop(machine)).reverse();
    return { kind: "tuple", items };
  });
}

/** The operations for data, by code. What is not here is refused. */
const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  // Frames only say how much may be read ahead.
  [0x95, ({ reader }) => reader.u64()],
  [0x28, ({ marks, stack }) => marks.push(stack.length)],
  [0x4e, pushing(() => null)],
  [0x88, pushing(() => true)],
  [0x89, pushing(() => false)],
  [0x4a, pushing(({ reader }) => reader.i32())],
  [0x4b, pushing(({ reader }) => reader.u8())],
  [0x4d, pushing(({ reader }) => reader.u16())],
  [0x8a, pushing(({ reader }) => long(reader))],
  [0x47, pushing(({ reader }) => reader.f64BigEndian())],
  [0x58, pushing(({ reader }) => reader.utf8(reader.u32()))],
  [0x8c, pushing(({ reader }) => reader.utf8(reader.u8()))],
  [0x8d, pushing(({ reader }) => reader.utf8(reader.u64()))],
  [0x5d, pushing(() => ({ kind: "list", items: [] }))],
  [0x7d, pushing(() => ({ kind: "dict", entries: new Map() }))],
  [0x29, tupleOf(0)],
  [0x85, tupleOf(1)],
  [0x86, tupleOf(2)],
  [0x87, tupleOf(3)],
  [0x74, pushing((machine) => ({ kind: "tuple", items: popMark(machine) }))],
  [0x61, (machine) => appendAll(machine, [pop(machine)])],
  [0x65, (machine) => appendAll(machine, popMark(machine))],
  [
    0x73,
    (machine) => {
      const value = pop(machine);
      setAll(machine, [pop(machine), value]);
    },
  ],
  [0x75, (machine) => setAll(machine, popMark(machine))],
  [0x71, keeping(({ reader }) => reader.u8())],
  [0x72, keeping(({ reader }) => reader.u32())],
  [0x94, keeping(({ memo }) => memo.size)],
  [0x68, pushing((machine) => remembered(machine, machine.reader.u8()))],
  [0x6a, pushing((machine) => remembered(machine, machine.reader.u32()))],
  [0x63, pushing((machine) => named(machine, machine.reader.line(), machine.reader.line()))],
  [
    0x93,
    pushing((machine) => {
      const name = pop(machine);
      return named(machine, pop(machine), name);
    }),
  ],
  [0x52, pushing(called)],
  [0x62, build],
  [0x51, pushing((machine) => storageOf(pop(machine), machine.source))],
]);

const protocolCode = 0x80;
const stopCode = 0x2e;
const newestProtocol = 5;

/**
 * Reads one pickle of protocol 2 to 5.
 *
 * @param source for messages
 * @throws JanusError `EASEL_JANUS_PICKLE_REFUSED` naming the first thing in it that is more than data, or
 *   `EASEL_JANUS_TORCH_FILE` where it is damaged
 */
export function readPickle(bytes: Uint8Array, source: string): PickleValue {
  const reader = new ByteReader(bytes, () => damaged(source, "its pickle ends in the middle"));
  const machine: Machine = { source, reader, stack: [], marks: [], memo: new Map() };
  const protocol = reader.u8() === protocolCode ? reader.u8() : 0;
  if (protocol < 2 || protocol > newestProtocol) {
    throw damaged(source, `its pickle has protocol ${protocol} instead of 2 to ${newestProtocol}`);
  }
  for (let steps = 0; steps < maxValues; steps += 1) {
    const code = reader.u8();
    if (code === stopCode) return pop(machine);
    const operation = code === protocolCode ? undefined : operations.get(code);
    if (operation === undefined) {
      throw refused(source, `the pickle operation 0x${code.toString(16).padStart(2, "0")}`);
    }
    operation(machine);
  }
  throw damaged(source, `its pickle has more than ${maxValues} steps`);
}
