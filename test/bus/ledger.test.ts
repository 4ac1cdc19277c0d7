// The ledger has one place for each issue, each step of an epoch and each verdict; the second writer is shown what is there.
import { appendLedger, type Bus, readLedger } from "@easel/bus";
import { type LedgerRecord, sha256Hex } from "@easel/protocol";
import { sampleTask } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

function manifest(run: string, epoch: number, step: number, group: string): LedgerRecord {
  const slices = [
    { slice: 0, trajectoryDigest: sha256Hex("t"), scores: [{ reward: "pi", digest: sha256Hex("s") }] },
  ];
  return {
    kind: "manifest",
    run,
    epoch,
    step,
    policyDigest: sha256Hex("w"),
    groups: [{ group, slices }],
    atMs: 1,
  };
}

test("two coordinators cannot issue one number with different content", async () => {
  const run = await under.freshRun(bus);
  const [mine, theirs] = [sampleTask(run, 1), sampleTask(run, 1, { promptText: "a green star" })];
  expect(mine.group).not.toBe(theirs.group);
  expect((await appendLedger(bus, { kind: "issue", task: mine })).outcome).toBe("appended");
  expect(await appendLedger(bus, { kind: "issue", task: theirs })).toMatchObject({
    outcome: "occupied",
    stored: { kind: "issue", task: { group: mine.group } },
  });
});

test("a step of an epoch has one batch; another epoch may have its own", async () => {
  const run = await under.freshRun(bus);
  const [a, b] = [sampleTask(run, 1).group, sampleTask(run, 2).group];
  expect((await appendLedger(bus, manifest(run, 1, 1, a))).outcome).toBe("appended");
  expect(await appendLedger(bus, manifest(run, 1, 1, b))).toMatchObject({
    outcome: "occupied",
    stored: { groups: [{ group: a }] },
  });
  expect((await appendLedger(bus, manifest(run, 2, 1, b))).outcome).toBe("appended");
});

test("everything is read back in order, and reading goes on from a kept position", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  const epoch = {
    kind: "epoch",
    run,
    epoch: 1,
    parentEpoch: null,
    fromStep: 0,
    holder: "learner",
    atMs: 1,
  } as const;
  const dropped = {
    kind: "verdict",
    run,
    group: task.group,
    verdict: "dropped",
    reason: "stale",
    epoch: 1,
    step: 3,
    atMs: 2,
  } as const;
  await appendLedger(bus, epoch);
  await appendLedger(bus, { kind: "issue", task });
  const first = await readLedger(bus, run);
  expect(first.entries.map(({ record }) => record)).toEqual([epoch, { kind: "issue", task }]);
  await appendLedger(bus, dropped);
  const more = await readLedger(bus, run, first.state);
  expect(more.entries.map(({ record }) => record)).toEqual([dropped]);
});

test("the server itself lets nobody delete a ledger record", async () => {
  const run = await under.freshRun(bus);
  const appended = await appendLedger(bus, { kind: "issue", task: sampleTask(run, 1) });
  await expect(bus.jsm.streams.deleteMessage("LEDGER", appended.sequence)).rejects.toThrow();
});
