// Messages to msgpack bytes and back. Every message travels as the map { v, type, body }; a reader that does not know `v`
// or expects another `type` refuses it by name. Records and shared structures are off: a reader needs no side table.
import { Packr, Unpackr } from "msgpackr";
import type { z } from "zod";
import {
  type CheckpointPointer,
  checkpointPointerSchema,
  type LeaderRecord,
  leaderRecordSchema,
} from "./control-record.js";
import { type DeadLetter, deadLetterSchema } from "./dead-letter.js";
import { ProtocolError } from "./errors.js";
import { type EventRecord, eventRecordSchema } from "./event-record.js";
import { type LedgerRecord, ledgerRecordSchema } from "./ledger-record.js";
import { type RolloutTask, rolloutTaskSchema } from "./rollout-task.js";
import { type ScoreVector, scoreVectorSchema } from "./score-vector.js";
import { fromWireList, looksLikeWireList, toWireList } from "./token-list.js";
import { type Trajectory, trajectorySchema } from "./trajectory.js";
import { PROTOCOL_VERSION } from "./version.js";
import { type WeightsManifest, weightsManifestSchema } from "./weights-manifest.js";

/** Every message by its wire name. */
export type Messages = {
  readonly rolloutTask: RolloutTask;
  readonly trajectory: Trajectory;
  readonly scoreVector: ScoreVector;
  readonly weightsManifest: WeightsManifest;
  readonly ledgerRecord: LedgerRecord;
  readonly eventRecord: EventRecord;
  readonly deadLetter: DeadLetter;
  readonly leaderRecord: LeaderRecord;
  readonly checkpointPointer: CheckpointPointer;
};

export type MessageType = keyof Messages;

const schemas: { readonly [T in MessageType]: z.ZodType<Messages[T]> } = {
  rolloutTask: rolloutTaskSchema,
  trajectory: trajectorySchema,
  scoreVector: scoreVectorSchema,
  weightsManifest: weightsManifestSchema,
  ledgerRecord: ledgerRecordSchema,
  eventRecord: eventRecordSchema,
  deadLetter: deadLetterSchema,
  leaderRecord: leaderRecordSchema,
  checkpointPointer: checkpointPointerSchema,
};

/** Wire names of all messages. */
export const messageTypes = Object.keys(schemas) as readonly MessageType[];

// `moreTypes` stays off: with it byte fields become an extension type that only this library reads.
const packing = { useRecords: false, variableMapSize: true } as const;
const packr = new Packr(packing);
const unpackr = new Unpackr({ ...packing, mapsAsObjects: true });

/**
 * Checks a message and writes it.
 * @throws ProtocolError `EASEL_PROTOCOL_INVALID` when the message breaks its schema.
 */
export function encodeMessage<T extends MessageType>(type: T, message: Messages[T]): Uint8Array {
  const body = toWire(checkMessage(type, message));
  return Uint8Array.from(packr.pack({ v: PROTOCOL_VERSION, type, body }));
}

/**
 * Reads and checks a message. Nothing in the result shares memory with `bytes`.
 * @throws ProtocolError `EASEL_PROTOCOL_UNDECODABLE`, `EASEL_PROTOCOL_UNKNOWN_VERSION`, `EASEL_PROTOCOL_WRONG_TYPE` or
 * `EASEL_PROTOCOL_INVALID`.
 */
export function decodeMessage<T extends MessageType>(type: T, bytes: Uint8Array): Messages[T] {
  const envelope = unpack(type, bytes);
  if (envelope.v !== PROTOCOL_VERSION) {
    throw new ProtocolError(
      "EASEL_PROTOCOL_UNKNOWN_VERSION",
      `A ${type} message has protocol version ${String(envelope.v)}, this program reads ${PROTOCOL_VERSION}. Run the same release of Easel everywhere.`,
    );
  }
  if (envelope.type !== type) {
    throw new ProtocolError(
      "EASEL_PROTOCOL_WRONG_TYPE",
      `Expected a ${type} message and found ${JSON.stringify(envelope.type)}. Check what was published on this subject.`,
    );
  }
  return checkMessage(type, fromWire(envelope.body));
}

/**
 * Checks a value against a message's schema.
 * @throws ProtocolError `EASEL_PROTOCOL_INVALID` naming the first faults and where they are.
 */
export function checkMessage<T extends MessageType>(type: T, value: unknown): Messages[T] {
  const checked = schemas[type].safeParse(value);
  if (checked.success) return checked.data;
  const faults = checked.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join(".") || "message"} ${issue.message}`);
  throw new ProtocolError(
    "EASEL_PROTOCOL_INVALID",
    `The ${type} message is invalid: ${faults.join("; ")}. Fix the sender.`,
  );
}

function unpack(type: MessageType, bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = unpackr.unpack(bytes);
  } catch (cause) {
    throw new ProtocolError(
      "EASEL_PROTOCOL_UNDECODABLE",
      `The bytes of a ${type} message are not msgpack. Check what was published on this subject.`,
      { cause },
    );
  }
  if (value === null || typeof value !== "object" || Object.keys(value).sort().join() !== "body,type,v") {
    throw new ProtocolError(
      "EASEL_PROTOCOL_UNDECODABLE",
      `A ${type} message is not the map { v, type, body }. Check what was published on this subject.`,
    );
  }
  return value as Record<string, unknown>;
}

function toWire(value: unknown): unknown {
  if (value instanceof Int32Array || value instanceof Float32Array) return toWireList(value);
  if (Array.isArray(value)) return value.map(toWire);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toWire(member)]));
}

function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (looksLikeWireList(value)) {
    const list = fromWireList(value);
    // A list that cannot be read stays as it is, and the schema of the message then names the field.
    return typeof list === "string" ? value : list;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromWire(member)]));
}
