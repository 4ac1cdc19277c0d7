// The codec against the vectors, which an independent msgpack writer made (fixtures/make-vectors.py).
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, type MessageType, messageTypes } from "./codec.js";
import { groupId } from "./group-id.js";
import { messageDigest } from "./task-match.js";

const folder = new URL("../vectors/", import.meta.url);

type Vector = { readonly type: MessageType; readonly message: unknown; readonly hex: string };

function readVector(file: string): Vector {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8"), (_key, value: unknown) => {
    const list = value as { readonly dtype?: string; readonly values?: number[] } | null;
    if (typeof list?.dtype !== "string" || list.values === undefined) return value;
    return list.dtype === "i32" ? Int32Array.from(list.values) : Float32Array.from(list.values);
  }) as Vector;
}

const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

test("every message type has a vector", () => {
  expect(new Set(files.map((file) => readVector(file).type))).toEqual(new Set(messageTypes));
});

test.each(files)("%s is read as its JSON and written as its bytes", (file) => {
  const { type, message, hex } = readVector(file);
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  const decoded = decodeMessage(type, bytes);
  expect(decoded).toEqual(message);
  expect(Buffer.from(encodeMessage(type, decoded)).toString("hex")).toBe(hex);
});

test("ids and digests are what another implementation computes", () => {
  const task = decodeMessage("rolloutTask", Buffer.from(readVector("rollout-task.json").hex, "hex"));
  const score = decodeMessage("scoreVector", Buffer.from(readVector("score-vector.json").hex, "hex"));
  expect(groupId(task)).toBe(task.group);
  expect(messageDigest(Buffer.from(readVector("trajectory.json").hex, "hex"))).toBe(score.trajectoryDigest);
});
