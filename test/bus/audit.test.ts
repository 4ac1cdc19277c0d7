// The audit finds every group where it is, at each stage of its life and across trimming, and sees one that is nowhere.
import {
  appendLedger,
  audit,
  type Bus,
  gatherEvidence,
  openTaskQueue,
  orphanTasks,
  publishScore,
  publishTask,
  publishTrajectory,
  streamNames,
  trimSettled,
} from "@easel/bus";
import { type ManifestGroup, type RolloutTask, sha256Hex, subjects } from "@easel/protocol";
import { sampleScore, sampleTask, sampleTrajectory } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

async function stateOf(run: string, task: RolloutTask): Promise<unknown> {
  return (await audit(bus, { run })).groups.get(task.group);
}

function inManifest(task: RolloutTask): ManifestGroup {
  const scores = task.rewards.map(({ name }) => ({ reward: name, digest: sha256Hex("s") }));
  return {
    group: task.group,
    slices: task.slices.map(({ slice }) => ({ slice, trajectoryDigest: sha256Hex("t"), scores })),
  };
}

test("a group is found at every stage from its issue to its trimming", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  await appendLedger(bus, { kind: "issue", task });
  expect(await stateOf(run, task)).toMatchObject({ state: "lost" });
  expect(orphanTasks(await gatherEvidence(bus, { run }))).toEqual([task]);

  await publishTask(bus, task);
  expect(await stateOf(run, task)).toEqual({ state: "in_flight", where: "task", awaiting: [] });
  expect(orphanTasks(await gatherEvidence(bus, { run }))).toEqual([]);

  const [leased] = await openTaskQueue(bus, { run }).pull(1, 1_000);
  const trajectories = [0, 1].map((slice) => sampleTrajectory(task, slice, "a"));
  await publishTrajectory(bus, trajectories[0]!);
  expect(await stateOf(run, task)).toMatchObject({ where: "task" });
  await publishTrajectory(bus, trajectories[1]!);
  await leased?.ack();
  expect(await stateOf(run, task)).toEqual({
    state: "in_flight",
    where: "results",
    awaiting: ["0/pi", "0/sem", "1/pi", "1/sem"],
  });

  for (const trajectory of trajectories) {
    for (const reward of ["pi", "sem"]) await publishScore(bus, sampleScore(trajectory, reward, "b"));
  }
  expect(await stateOf(run, task)).toMatchObject({ where: "assembled" });

  const groups = [inManifest(task)];
  await appendLedger(bus, {
    kind: "manifest",
    run,
    epoch: 1,
    step: 1,
    policyDigest: sha256Hex("w"),
    groups,
    atMs: 1,
  });
  expect(await stateOf(run, task)).toEqual({ state: "trained", epoch: 1, step: 1 });

  const trimmed = await trimSettled(bus, { run, settled: [task.group], isArchived: () => true });
  expect(trimmed).toEqual({ groups: 1, messages: 6 });
  expect(await stateOf(run, task)).toEqual({ state: "trained", epoch: 1, step: 1 });
  expect((await audit(bus, { run })).counts).toEqual({
    issued: 1,
    trained: 1,
    dropped: 0,
    dead: 0,
    inFlight: 0,
    lost: 0,
  });
});

test("a slice that vanished from the broker is a loss the audit names", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  await appendLedger(bus, { kind: "issue", task });
  for (const slice of [0, 1]) await publishTrajectory(bus, sampleTrajectory(task, slice, "a"));
  expect((await audit(bus, { run })).violations).toEqual([]);
  await bus.jsm.streams.purge(streamNames.results, { filter: subjects.trajectory(run, task.group, 1) });
  expect((await audit(bus, { run })).violations).toEqual([
    { rule: "lost", group: task.group, detail: "missing: slice 1" },
  ]);
  // Found again where it was archived to.
  const archivedSubjects = [subjects.trajectory(run, task.group, 1)];
  expect((await audit(bus, { run, archivedSubjects })).violations).toEqual([]);
});

test("nothing is trimmed while one of the groups is not archived", async () => {
  const run = await under.freshRun(bus);
  const [a, b] = [sampleTask(run, 1), sampleTask(run, 2)];
  for (const task of [a, b]) await publishTrajectory(bus, sampleTrajectory(task, 0, "a"));
  const trimming = trimSettled(bus, {
    run,
    settled: [a.group, b.group],
    isArchived: (group) => group === a.group,
  });
  await expect(trimming).rejects.toMatchObject({ code: "EASEL_BUS_NOT_ARCHIVED" });
  const filter = subjects.trajectories(run);
  const left = await bus.jsm.streams.info(streamNames.results, { subjects_filter: filter });
  expect(Object.keys(left.state.subjects ?? {})).toHaveLength(2);
});
