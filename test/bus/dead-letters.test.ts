// What nobody can finish ends as a dead letter with a reason, leaves the queue, and disturbs nothing else.
import {
  appendLedger,
  audit,
  type Bus,
  openRewardQueue,
  openTaskQueue,
  publishTask,
  publishTrajectory,
  readDeadLetters,
  rolloutConsumer,
  streamNames,
  sweepDeadLetters,
} from "@easel/bus";
import { subjects } from "@easel/protocol";
import { eventually, sampleTask, sampleTrajectory } from "@easel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusUnderTest, startBus } from "./bus-under-test.js";

let under: BusUnderTest;
let bus: Bus;
beforeAll(async () => {
  under = await startBus();
  bus = await under.connect();
});
afterAll(() => under.dispose());

test("a task that fails at every delivery is dead with a reason; the next task is untouched", async () => {
  const run = await under.freshRun(bus, { maxDeliveries: 2 });
  const [poison, good] = [sampleTask(run, 1), sampleTask(run, 2)];
  for (const task of [poison, good]) {
    await appendLedger(bus, { kind: "issue", task });
    await publishTask(bus, task);
  }
  const queue = openTaskQueue(bus, { run });
  let deliveries = 0;
  await eventually("the poison task was delivered twice and the good one done", async () => {
    for (const leased of await queue.pull(2, 500)) {
      if (leased.message.issue === 2) await leased.ack();
      else {
        deliveries += 1;
        leased.nak();
      }
    }
    return deliveries === 2;
  });
  // The advisory follows the attempt at a third delivery.
  await queue.pull(1, 500);
  await eventually("the sweep finds it", async () => (await sweepDeadLetters(bus, run)) > 0);
  expect(await readDeadLetters(bus, run)).toMatchObject([
    { group: poison.group, stage: "rollout", deliveries: 2 },
  ]);
  expect((await bus.jsm.streams.info(streamNames.tasks)).state.messages).toBe(0);
  const { groups } = await audit(bus, { run });
  expect(groups.get(poison.group)).toMatchObject({ state: "dead" });
  expect(await sweepDeadLetters(bus, run)).toBe(0);
});

test("a stuck task is found even when its advisory was missed", async () => {
  const run = await under.freshRun(bus, { maxDeliveries: 1 });
  const task = sampleTask(run, 1);
  await publishTask(bus, task);
  const queue = openTaskQueue(bus, { run });
  (await queue.pull(1, 1_000))[0]?.nak();
  await queue.pull(1, 500);
  await bus.jsm.streams.purge(streamNames.advisories);
  await eventually("the sweep finds it", async () => (await sweepDeadLetters(bus, run)) > 0);
  expect((await readDeadLetters(bus, run)).map(({ group }) => group)).toEqual([task.group]);
});

test("bytes that are no task are buried at once, and another protocol version is left for its own workers", async () => {
  const run = await under.freshRun(bus);
  const [garbled, foreign] = [sampleTask(run, 1), sampleTask(run, 2)];
  await bus.js.publish(subjects.rolloutTask(run, garbled.group), new Uint8Array([1, 2, 3]));
  // A map { v: 99, type: "x", body: 0 } in msgpack.
  const other = Uint8Array.from([
    0x83, 0xa1, 0x76, 99, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xa1, 0x78, 0xa4, 0x62, 0x6f, 0x64, 0x79, 0,
  ]);
  await bus.js.publish(subjects.rolloutTask(run, foreign.group), other);
  expect(await openTaskQueue(bus, { run }).pull(5, 500)).toEqual([]);
  expect((await readDeadLetters(bus, run)).map(({ group }) => group)).toEqual([garbled.group]);
  expect((await bus.jsm.consumers.info(streamNames.tasks, rolloutConsumer(run))).num_ack_pending).toBe(1);
});

test("a trajectory that a reward worker gives up is a dead letter of that reward alone", async () => {
  const run = await under.freshRun(bus);
  const task = sampleTask(run, 1);
  await publishTrajectory(bus, sampleTrajectory(task, 0, "a"));
  const [leased] = await openRewardQueue(bus, { run, reward: "pi" }).pull(1, 1_000);
  await leased?.bury("the judge refuses this picture");
  expect(await readDeadLetters(bus, run)).toMatchObject([
    { stage: "score", slice: 0, reward: "pi", reason: "the judge refuses this picture" },
  ]);
  // The other reward still gets it.
  const [other] = await openRewardQueue(bus, { run, reward: "sem" }).pull(1, 1_000);
  expect(other?.message.group).toBe(task.group);
  await other?.ack();
});
