// The learner reads by a position of its own: nothing is skipped, nothing is read twice, and a replaced stream is refused.
import {
  type Bus,
  openScoreCursor,
  openTrajectoryCursor,
  publishScore,
  publishTrajectory,
  streamNames,
} from "@easel/bus";
import { encodeMessage, messageDigest, subjects } from "@easel/protocol";
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

test("a cursor resumes after what it has read, also on another connection", async () => {
  const run = await under.freshRun(bus);
  const tasks = [1, 2, 3, 4, 5].map((issue) => sampleTask(run, issue));
  for (const task of tasks) await publishTrajectory(bus, sampleTrajectory(task, 0, "a"));
  const cursor = await openTrajectoryCursor(bus, run);
  const first = await cursor.read(2, 1_000);
  expect(first.map(({ message }) => message?.group)).toEqual(tasks.slice(0, 2).map(({ group }) => group));
  const kept = JSON.parse(JSON.stringify(cursor.state));
  await cursor.close();

  const resumed = await openTrajectoryCursor(await under.connect(), run, kept);
  const rest = await resumed.readAll();
  expect(rest.map(({ message }) => message?.group)).toEqual(tasks.slice(2).map(({ group }) => group));
  expect(await resumed.readAll()).toEqual([]);
});

test("what is read has the digest by which scores and manifests name it", async () => {
  const run = await under.freshRun(bus);
  const trajectory = sampleTrajectory(sampleTask(run, 1), 0, "a");
  await publishTrajectory(bus, trajectory);
  await publishScore(bus, sampleScore(trajectory, "pi", "b"));
  const [read] = await (await openTrajectoryCursor(bus, run)).readAll();
  const [score] = await (await openScoreCursor(bus, run)).readAll();
  expect(read?.message).toEqual(trajectory);
  expect(read?.digest).toBe(messageDigest(encodeMessage("trajectory", trajectory)));
  expect(score?.message?.trajectoryDigest).toBe(read?.digest);
});

test("a message that cannot be read is reported in its place", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  await bus.js.publish(subjects.trajectory(run, task.group, 0), new Uint8Array([7]));
  await publishTrajectory(bus, sampleTrajectory(task, 1, "a"));
  const read = await (await openTrajectoryCursor(bus, run)).readAll();
  expect(read.map(({ fault }) => fault?.code ?? null)).toEqual(["EASEL_PROTOCOL_UNDECODABLE", null]);
});

test("a cursor goes on when the server has forgotten its consumer", async () => {
  const run = await under.freshRun(bus);
  const cursor = await openTrajectoryCursor(bus, run);
  const task = sampleTask(run, 1);
  await publishTrajectory(bus, sampleTrajectory(task, 0, "a"));
  expect(await cursor.read(10, 1_000)).toHaveLength(1);
  for await (const consumer of bus.jsm.consumers.list(streamNames.results)) {
    if (consumer.config.durable_name === undefined)
      await bus.jsm.consumers.delete(streamNames.results, consumer.name);
  }
  await publishTrajectory(bus, sampleTrajectory(task, 1, "a"));
  const seen = [
    ...(await cursor.read(10, 500)),
    ...(await cursor.read(10, 500)),
    ...(await cursor.read(10, 500)),
  ];
  expect(seen.map(({ message }) => message?.slice)).toEqual([1]);
});

test("a stream that was deleted and made anew is refused by name", async () => {
  const run = await under.freshRun(bus);
  const cursor = await openScoreCursor(bus, run);
  const kept = cursor.state;
  await bus.jsm.streams.delete(streamNames.scores);
  await under.freshRun(bus);
  const resumed = openScoreCursor(bus, run, kept);
  await expect(resumed).rejects.toMatchObject({ code: "EASEL_BUS_STREAM_REPLACED", message: /SCORES/ });
});
