// One content, one id; other content, another id.
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256Hex } from "./digest.js";
import { groupId, issueOfGroup, makeRolloutTask } from "./group-id.js";
import { type RolloutTaskContent, sliceGroup } from "./rollout-task.js";

const content: RolloutTaskContent = {
  run: "run",
  issue: 7,
  promptText: "a red circle",
  promptSpec: { b: 1, a: [1, 2] },
  groupSize: 4,
  slices: sliceGroup(4, 2),
  sampling: { temperature: 1, guidanceScale: 2, textCap: 4, seed: 1 },
  policy: { epoch: 1, step: 0, digest: sha256Hex("w") },
  rewards: [{ name: "pi", version: "1" }],
};

test("the order of keys and the time of issue do not matter", () => {
  const reordered = { ...content, promptSpec: { a: [1, 2], b: 1 } };
  expect(groupId(reordered)).toBe(groupId(content));
  expect(makeRolloutTask(content, 1).group).toBe(makeRolloutTask(content, 2).group);
});

test.each([
  ["run", { run: "other" }],
  ["issue", { issue: 8 }],
  ["prompt", { promptText: "a blue circle" }],
  ["specification", { promptSpec: { a: [2, 1], b: 1 } }],
  ["group size", { groupSize: 2, slices: sliceGroup(2, 2) }],
  ["slices", { slices: sliceGroup(4, 4) }],
  ["sampling", { sampling: { ...content.sampling, seed: 2 } }],
  ["weights", { policy: { ...content.policy, step: 1 } }],
  ["reward version", { rewards: [{ name: "pi", version: "2" }] }],
] as const)("another %s is another group", (_what, change) => {
  expect(groupId({ ...content, ...change })).not.toBe(groupId(content));
});

test("the issue number is in the id and ids sort by it", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.nat(2 ** 31), (a, b) => {
      const [x, y] = [a, b].map((issue) => groupId({ ...content, issue }));
      expect(issueOfGroup(x ?? "")).toBe(a);
      if (a !== b) expect((x ?? "") < (y ?? "")).toBe(a < b);
    }),
    { numRuns: 50 },
  );
  expect(() => issueOfGroup("42")).toThrow(expect.objectContaining({ code: "EASEL_PROTOCOL_BAD_NAME" }));
});
