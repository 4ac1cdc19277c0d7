// What the codec keeps, copies and refuses.
import fc from "fast-check";
import { Packr } from "msgpackr";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage } from "./codec.js";
import { sha256Hex } from "./digest.js";
import { makeRolloutTask } from "./group-id.js";
import { type RolloutTaskContent, sliceGroup } from "./rollout-task.js";
import type { Trajectory } from "./trajectory.js";

const content: RolloutTaskContent = {
  run: "run",
  issue: 1,
  promptText: "a red circle",
  promptSpec: null,
  groupSize: 2,
  slices: sliceGroup(2, 2),
  sampling: { temperature: 1, guidanceScale: 1, textCap: 4, seed: 0 },
  policy: { epoch: 1, step: 0, digest: sha256Hex("w") },
  rewards: [{ name: "pi", version: "1" }],
};

function trajectory(
  chain: readonly number[],
  image: readonly number[],
  logProbs: readonly number[],
): Trajectory {
  return {
    run: "run",
    group: makeRolloutTask(content, 0).group,
    slice: 0,
    attempt: "a",
    worker: "w",
    fingerprint: "f",
    promptIds: Int32Array.of(1),
    samples: [
      {
        index: 0,
        chainIds: Int32Array.from(chain),
        chainText: "",
        forcedBoi: false,
        imageCodes: Int32Array.from(image),
        logProbs: Float32Array.from(logProbs),
        weights: [{ digest: sha256Hex("w"), from: 0, to: chain.length + image.length }],
        imageDigest: sha256Hex("i"),
        imageBytes: 1,
      },
    ],
    sampling: content.sampling,
    timings: { receivedAtMs: 0, startedAtMs: 0, finishedAtMs: 0, spansMs: {} },
  };
}

const token = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test("every trajectory comes back as it was", () => {
  fc.assert(
    fc.property(
      fc.array(token, { minLength: 1, maxLength: 20 }),
      fc.array(token, { minLength: 1, maxLength: 20 }),
      fc.float({ max: 0, noNaN: true, noDefaultInfinity: true }),
      (chain, image, logProb) => {
        const message = trajectory(chain, image, new Array(chain.length + image.length).fill(logProb));
        expect(decodeMessage("trajectory", encodeMessage("trajectory", message))).toEqual(message);
      },
    ),
  );
});

test("a prompt specification of any JSON comes back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const spec = JSON.parse(JSON.stringify(value));
      const task = makeRolloutTask({ ...content, promptSpec: spec }, 5);
      expect(decodeMessage("rolloutTask", encodeMessage("rolloutTask", task))).toEqual(task);
    }),
    { numRuns: 50 },
  );
});

test("decoded arrays do not share memory with the input", () => {
  const bytes = encodeMessage("trajectory", trajectory([1, 2], [3], [-1, -2, -3]));
  const decoded = decodeMessage("trajectory", bytes);
  bytes.fill(0);
  expect(decoded.samples[0]?.logProbs).toEqual(Float32Array.of(-1, -2, -3));
  expect(decoded.samples[0]?.imageCodes.buffer).not.toBe(bytes.buffer);
});

test.each([
  ["a log-prob that is not a number", trajectory([1], [2], [Number.NaN, -1])],
  ["an infinite log-prob", trajectory([1], [2], [Number.NEGATIVE_INFINITY, -1])],
  ["a log-prob of a probability above one", trajectory([1], [2], [0.5, -1])],
  ["fewer log-probs than tokens", trajectory([1], [2], [-1])],
  ["a negative token", trajectory([-1], [2], [-1, -1])],
  ["no image tokens", trajectory([1], [], [-1])],
])("%s is refused", (_what, message) => {
  expect(() => encodeMessage("trajectory", message)).toThrow(
    expect.objectContaining({ code: "EASEL_PROTOCOL_INVALID", retryable: false }),
  );
});

test.each([
  ["EASEL_PROTOCOL_UNKNOWN_VERSION", { v: 2, type: "rolloutTask", body: {} }],
  ["EASEL_PROTOCOL_WRONG_TYPE", { v: 1, type: "trajectory", body: {} }],
  ["EASEL_PROTOCOL_INVALID", { v: 1, type: "rolloutTask", body: { run: "run" } }],
  ["EASEL_PROTOCOL_UNDECODABLE", { v: 1, type: "rolloutTask" }],
  ["EASEL_PROTOCOL_UNDECODABLE", [1, 2]],
])("%s", (code, envelope) => {
  const bytes = new Packr({ useRecords: false }).pack(envelope);
  expect(() => decodeMessage("rolloutTask", bytes)).toThrow(expect.objectContaining({ code }));
});

test("any bytes at all are read or refused by name, never worse", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => decodeMessage("trajectory", bytes)).toThrow(
        expect.objectContaining({ name: "ProtocolError" }),
      );
    }),
  );
});

test("damaged messages are read or refused by name, never worse", () => {
  const good = encodeMessage("trajectory", trajectory([1, 2], [3, 4], [-1, -2, -3, -4]));
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = Uint8Array.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      try {
        decodeMessage("trajectory", bytes);
      } catch (error) {
        expect(error).toMatchObject({ name: "ProtocolError" });
      }
    }),
    { numRuns: 500 },
  );
});

test("a field that this version does not know is refused, not ignored", () => {
  const task = { ...makeRolloutTask(content, 0), priority: 3 };
  expect(() => encodeMessage("rolloutTask", task)).toThrow(/invalid/);
});

test("slices must cover the group exactly", () => {
  for (const slices of [
    [{ slice: 0, from: 0, to: 1 }],
    [{ slice: 0, from: 0, to: 3 }],
    [
      { slice: 0, from: 0, to: 1 },
      { slice: 1, from: 0, to: 2 },
    ],
    [{ slice: 1, from: 0, to: 2 }],
  ]) {
    expect(() => encodeMessage("rolloutTask", makeRolloutTask({ ...content, slices }, 0))).toThrow(/slices/);
  }
});

test("a missing score must say why", () => {
  const vector = {
    run: "run",
    group: makeRolloutTask(content, 0).group,
    slice: 0,
    reward: "pi",
    version: "1",
    attempt: "a",
    scores: [{ value: null, imageDigest: sha256Hex("i") }],
    trajectoryDigest: sha256Hex("t"),
  };
  expect(() => encodeMessage("scoreVector", vector)).toThrow(/reason/);
});
