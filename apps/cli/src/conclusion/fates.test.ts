// What the end of a run says of its groups: each counted once, with its reason.
import type { Evidence } from "@easel/bus";
import type { LedgerRecord } from "@easel/protocol";
import { sampleTask } from "@easel/testkit";
import { expect, test } from "vitest";
import { fatesOf } from "./fates.js";

const run = "run";
const tasks = [1, 2, 3, 4, 5].map((issue) => sampleTask(run, issue));
const groupOf = (issue: number): string => tasks[issue - 1]?.group ?? "";
const digest = "0".repeat(64);
const atMs = 1;

const records: readonly LedgerRecord[] = [
  { kind: "epoch", run, epoch: 1, parentEpoch: null, fromStep: 0, holder: "a", atMs },
  ...tasks.map((task) => ({ kind: "issue" as const, task })),
  {
    kind: "manifest",
    run,
    epoch: 1,
    step: 1,
    policyDigest: digest,
    groups: [{ group: groupOf(1), slices: [] }],
    atMs,
  },
  { kind: "verdict", run, group: groupOf(2), verdict: "dropped", reason: "stale", epoch: 1, step: 1, atMs },
  {
    kind: "verdict",
    run,
    group: groupOf(3),
    verdict: "dead",
    reason: "max_attempts",
    epoch: 1,
    step: 1,
    atMs,
  },
];
const evidence: Evidence = {
  ledger: records.map((record, index) => ({ sequence: index + 1, record })),
  tasks: new Set([groupOf(4)]),
  slices: new Map(),
  scores: new Map(),
  deadLetters: new Map(),
};

test("every issued group has one fate, and samples are counted by their groups' sizes", () => {
  const { groups, samples, notes } = fatesOf({
    ...evidence,
    tasks: new Set([groupOf(4), groupOf(5)]),
  });
  expect(groups).toEqual({
    issued: 5,
    trained: 1,
    inFlight: 2,
    dropped: { stale: 1 },
    dead: { max_attempts: 1 },
  });
  const size = tasks[0]?.groupSize ?? 0;
  expect(samples).toEqual({
    issued: 5 * size,
    trained: size,
    inFlight: 2 * size,
    dropped: { stale: size },
    dead: { max_attempts: size },
  });
  expect(notes).toEqual([]);
});

test("a group that is found nowhere is counted and noted, never left out", () => {
  const { groups, notes } = fatesOf(evidence);
  expect(groups.dead).toEqual({ max_attempts: 1, lost: 1 });
  expect(groups.inFlight).toBe(1);
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain("lost");
});
